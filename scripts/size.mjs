/*
 * What a package costs a browser or a cold start: one minified bundle of its main entry, gzipped, in bytes.
 *
 * Dependencies and other Larder packages stay outside; each has its own line. A budget in size-budget.json makes the
 * figure a promise; a package without one is only shown.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { packages, readJson, root } from './packages.mjs'

const budgets = readJson(path.join(root, 'scripts/size-budget.json'))

const weigh = async (entry) => {
  const bundle = await rolldown({ input: entry, external: (id) => !/^[./]/.test(id), logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false })
  await bundle.close()
  return gzipSync(output.map(({ code }) => code).join(''), { level: 9 }).byteLength
}

for (const name of Object.keys(budgets)) readFileSync(path.join(root, 'packages', name, 'package.json'))
for (const { folder, dir, manifest } of packages()) {
  const bytes = await weigh(path.join(dir, 'dist/esm/index.js'))
  const budget = budgets[folder]
  const verdict = budget === undefined ? '' : ` of ${budget} (${Math.round((100 * bytes) / budget)} %)`
  console.log(`${manifest.name}: ${bytes} bytes min+gzip${verdict}`)
  if (bytes <= (budget ?? Infinity)) continue
  console.log(`  over the budget in scripts/size-budget.json by ${bytes - budget} bytes`)
  process.exitCode = 1
}
