/*
 * What a user gets, checked as a user: pack every package as the registry would have it, look at the tarballs
 * (publint, attw), install them in a project outside this repository, and use them there in every supported way.
 *
 * Reads what `build` wrote. What the tarballs must do is in scripts/consumer/.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packInto } from './pack.mjs'
import { entries, packages, readJson, root } from './packages.mjs'
import { run, runQuietly, tool } from './run.mjs'

const out = mkdtempSync(path.join(tmpdir(), 'larder-packages-'))
process.on('exit', () => rmSync(out, { recursive: true, force: true }))
const consumer = path.join(out, 'consumer')
const bin = (name) => path.join(consumer, 'node_modules/.bin', name)
const passed = (what) => console.log(`ok  ${what}`)
const refuse = (what) => {
  console.error(`failed: ${what}`)
  process.exit(1)
}

const installed = (name) =>
  `${name}@${readJson(path.join(root, 'node_modules', name, 'package.json')).version}`
const inspect = ({ manifest, tarball }) => {
  const files = runQuietly('tar', ['-tzf', tarball]).split('\n')
  for (const file of ['LICENSE', 'README.md']) {
    if (!files.includes(`package/${file}`)) refuse(`${manifest.name} has no ${file}`)
  }
  const stray = files.find((file) => /\/(test|node_modules|src)\/|tsbuildinfo$|\.map$/.test(file))
  if (stray !== undefined) refuse(`${manifest.name} ships ${stray}`)
  const packed = runQuietly('tar', ['-xzOf', tarball, 'package/package.json'])
  if (/"(workspace|catalog):/.test(packed))
    refuse(`${manifest.name} names versions only this workspace knows`)
  if (packed.includes('@larder/source')) refuse(`${manifest.name} points to sources, which are not shipped`)
  runQuietly(tool('publint'), ['run', tarball, '--strict'])
  // Without node10, which knows no entry points but the main one; TypeScript itself has given it up.
  runQuietly(tool('attw'), [tarball, '--profile', 'node16'])
  passed(`${manifest.name}: contents, publint, attw`)
}

/** A suite needs its runner: it is used inside a test run, and cannot be required. What is beside it can. */
const isSuite = (manifest, entry) => entry === '.' && 'vitest' in (manifest.peerDependencies ?? {})
const modulesOf = (found) =>
  found.flatMap(({ manifest }) =>
    entries(manifest)
      .filter((entry) => !isSuite(manifest, entry))
      .map((entry) => manifest.name + entry.slice(1)),
  )

const compile = (how, files, flags) => {
  const [module, moduleResolution] = how
  const options = ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'es2023,esnext.disposable']
  const resolution = ['--module', module, '--moduleResolution', moduleResolution, '--types', 'node']
  runQuietly(bin('tsc'), [...options, ...resolution, ...flags, ...files], { cwd: consumer })
  passed(`types: ${moduleResolution}, ${files.join(' ')}${flags.length > 0 ? ` (${flags.join(' ')})` : ''}`)
}

const all = packages()
const tarballs = packInto(out, all)
tarballs.forEach(inspect)

mkdirSync(consumer)
cpSync(path.join(root, 'scripts/consumer'), consumer, { recursive: true })
cpSync(path.join(consumer, 'use-types.mts'), path.join(consumer, 'use-types.cts'))
writeFileSync(path.join(consumer, 'package.json'), '{ "name": "consumer", "private": true }\n')
writeFileSync(path.join(consumer, 'modules.json'), JSON.stringify(modulesOf(all)))
/** What an entry may need that its package leaves to its user. */
const optional = all.flatMap(({ manifest: { peerDependencies = {}, peerDependenciesMeta = {} } }) =>
  Object.keys(peerDependenciesMeta)
    .filter((name) => name !== 'vitest') // among the tools
    .map((name) => `${name}@${peerDependencies[name]}`),
)
const tools = [installed('typescript'), installed('vitest'), installed('@types/node'), 'jest@30.5.2']
const others = [...tools, ...optional]
const quietly = ['--silent', '--no-audit', '--no-fund', '--no-package-lock']
runQuietly('npm', ['install', ...quietly, ...others, ...tarballs.map(({ tarball }) => tarball)], {
  cwd: consumer,
})
passed(`installed in a project of its own, with ${others.join(', ')}`)

run(process.execPath, ['use-import.mjs'], { cwd: consumer })
run(process.execPath, ['use-require.cjs'], { cwd: consumer })
compile(['node16', 'node16'], ['use-types.mts', 'use-types.cts'], [])
compile(['nodenext', 'nodenext'], ['use-types.mts', 'use-types.cts'], [])
compile(['esnext', 'bundler'], ['use-types.mts'], [])
compile(['nodenext', 'nodenext'], ['contract.test.mts'], ['--skipLibCheck'])
runQuietly(bin('jest'), ['--ci', '--rootDir', consumer, 'use-jest.test.cjs'], { cwd: consumer })
passed('jest: require in a CommonJS test')
runQuietly(bin('vitest'), ['run', 'contract.test.mts'], { cwd: consumer, env: { CI: 'true' } })
passed('vitest: the published contract judges the published store')
