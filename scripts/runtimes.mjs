/*
 * Larder elsewhere than under vitest on Node: the contracts of caches and stores (test/runtimes/suite.ts), judged on each
 * runtime by what a user would install there.
 *
 *   node scripts/runtimes.mjs [runtime …]   all of them, or these; ends with 1 if a rule fails anywhere
 *   node scripts/runtimes.mjs --check       ends with 1 if docs/runtimes.md names other versions than these
 *
 * Bun and Deno load the packed packages from node_modules. Edge and browser have no node_modules: what they get is one
 * bundle, in which no module of Node may be left. Reads what `build` wrote; the runtimes come from the registry, once.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { packInto } from './pack.mjs'
import { packages, root } from './packages.mjs'
import { runQuietly } from './run.mjs'

const VERSIONS = { bun: '1.4.5', deno: '2.9.6', workerd: '1.20261117.1' }
const page = path.join(root, 'docs/runtimes.md')
const suite = path.join(root, 'test/runtimes')
const inStore = (name) => path.join(root, 'node_modules', name)

if (process.argv.includes('--check')) {
  const text = readFileSync(page, 'utf8')
  const missing = Object.entries(VERSIONS).filter(([name, version]) => !text.includes(`${name} ${version}`))
  for (const [name, version] of missing) console.error(`docs/runtimes.md does not name ${name} ${version}`)
  process.exit(missing.length === 0 ? 0 : 1)
}

const work = mkdtempSync(path.join(tmpdir(), 'larder-runtimes-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const quietly = ['--silent', '--no-audit', '--no-fund', '--no-package-lock']

/** The binaries, kept between runs. Where they lie is what the packages of these versions have. */
const tool = (name) => {
  const home = path.join(root, 'node_modules/.cache/runtimes', `${name}-${VERSIONS[name]}`)
  if (!existsSync(path.join(home, 'node_modules', name))) {
    mkdirSync(home, { recursive: true })
    writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n')
    runQuietly('npm', ['install', ...quietly, `${name}@${VERSIONS[name]}`], { cwd: home })
  }
  return path.join(home, 'node_modules/.bin', name)
}

/** The packages, installed as a user would. */
const install = () => {
  const wanted = packages().filter(({ folder }) =>
    ['codecs', 'core', 'memory', 'redis', 'tiered'].includes(folder),
  )
  const tarballs = packInto(work, wanted).map(({ tarball }) => tarball)
  writeFileSync(path.join(work, 'package.json'), '{ "private": true, "type": "module" }\n')
  runQuietly('npm', ['install', ...quietly, ...tarballs], { cwd: work })
}

const bundle = async (input, options, file) => {
  const built = await rolldown({ input, logLevel: 'silent', ...options })
  const { output } = await built.write({ file: path.join(work, file), format: 'esm', codeSplitting: false })
  await built.close()
  return output.flatMap(({ imports = [], dynamicImports = [] }) => [...imports, ...dynamicImports])
}

const isOurs = (id) => /^@larder\/(core|memory|tiered)$/.test(id)

/** The suite with its judge; Larder itself stays outside. */
const bundleSuite = () =>
  bundle(
    path.join(suite, 'main.ts'),
    {
      platform: 'neutral',
      tsconfig: false,
      external: isOurs,
      resolve: {
        conditionNames: ['import', 'default'],
        alias: {
          vitest: path.join(suite, 'judge.ts'),
          tinyrainbow: path.join(suite, 'plain.ts'),
          '@larder/testing': path.join(root, 'packages/testing/dist/esm/index.js'),
          '@vitest/expect': path.join(inStore('@vitest/expect'), 'dist/index.js'),
        },
      },
    },
    'suite.mjs',
  )

/** The same with Larder in it, as a program for browsers would be. */
const bundleAll = async () => {
  const left = await bundle(path.join(work, 'suite.mjs'), { platform: 'browser', cwd: work }, 'all.mjs')
  if (left.length > 0) throw new Error(`a bundle for browsers still imports ${left.join(', ')}`)
}

const deno = (permission, ...program) => [
  tool('deno'),
  'run',
  ...permission,
  '--node-modules-dir=manual',
  ...program,
]

/** What to run on each, in the working folder. */
const runtimes = {
  node: (...program) => [process.execPath, ...program],
  bun: (...program) => [tool('bun'), ...program],
  deno: (...program) => deno(program[0] === 'run.mjs' ? ['--no-prompt'] : ['--allow-all'], ...program),
  bare: () => [process.execPath, 'bare.mjs'],
  workerd: () => [tool('workerd'), 'test', 'workerd.capnp'],
}

/** Runs it, and says what came of it. */
const judge = (title, [command, ...args]) => {
  const from = performance.now()
  const said = runQuietly(command, args, { cwd: work })
  const verdict = /^\d+ passed, \d+ skipped, (\d+) failed$/m.exec(said)
  const seconds = ((performance.now() - from) / 1000).toFixed(1)
  console.log(`${title}: ${verdict?.[0] ?? 'said nothing'} (${seconds} s)`)
  if (verdict?.[1] === '0') return
  console.log(said)
  process.exitCode = 1
}

const asked = process.argv.slice(2)
const start = performance.now()
install()
await bundleSuite()
await bundleAll()
for (const file of ['run.mjs', 'redis.mjs', 'bare.mjs', 'worker.mjs', 'workerd.capnp'])
  cpSync(path.join(suite, file), path.join(work, file))
// Of what has been built, which looking at the page must not need.
const { startRedis } = await import('@larder/testing/servers')
const server = await startRedis()
try {
  for (const [name, on] of Object.entries(runtimes)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    const title = `${name} ${name in VERSIONS ? VERSIONS[name] : process.versions.node}`
    judge(title, on('run.mjs'))
    if (name !== 'bare' && name !== 'workerd') judge(`${title}, tiers on Redis`, on('redis.mjs', server.url))
  }
} finally {
  await server.stop()
}
console.log(`took ${((performance.now() - start) / 1000).toFixed(1)} s`)
