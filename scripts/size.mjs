/*
 * What a package costs a browser or a cold start: one minified bundle, gzipped, in bytes. Dependencies and other
 * Larder packages stay outside; each has its own line.
 *
 * size-budget.json makes figures promises: for everything a package exports (`*`), or for what remains of it where a
 * program imports only some names and its bundler drops the rest. A budget may name a `goal` it has yet to reach; the
 * reasons are in docs/design.md. A package without a budget is only shown.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { entries, packages, readJson, root } from './packages.mjs'

const budgets = readJson(path.join(root, 'scripts/size-budget.json'))
const folder = mkdtempSync(path.join(tmpdir(), 'larder-size-'))

const weigh = async (entry, names) => {
  const input = path.join(folder, 'entry.mjs')
  const what = names === '*' ? '*' : `{ ${names} }`
  writeFileSync(input, `export ${what} from ${JSON.stringify(entry)}\n`)
  const bundle = await rolldown({ input, external: (id) => !/^[./]/.test(id), logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false })
  await bundle.close()
  return gzipSync(output.map(({ code }) => code).join(''), { level: 9 }).byteLength
}

/** The main entry of a package; all of them where there is none. */
const weighed = ({ folder: name, dir, manifest }) => {
  const all = entries(manifest)
  return (all.includes('.') ? ['.'] : all).map((entry) => ({ name, dir, manifest, entry }))
}

try {
  for (const name of Object.keys(budgets)) readFileSync(path.join(root, 'packages', name, 'package.json'))
  for (const { name, dir, manifest, entry } of packages().flatMap(weighed)) {
    for (const [names, { bytes: budget, goal }] of Object.entries(budgets[name] ?? { '*': {} })) {
      const bytes = await weigh(path.join(dir, manifest.exports[entry].import.default), names)
      const verdict = budget === undefined ? '' : ` of ${budget} (${Math.round((100 * bytes) / budget)} %)`
      const aim = goal === undefined ? '' : `; the goal is ${goal}`
      const of = names === '*' ? '' : ` { ${names} }`
      console.log(`${manifest.name}${entry.slice(1)}${of}: ${bytes} bytes min+gzip${verdict}${aim}`)
      if (bytes <= (budget ?? Infinity)) continue
      console.log(`  over the budget in scripts/size-budget.json by ${bytes - budget} bytes`)
      process.exitCode = 1
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
