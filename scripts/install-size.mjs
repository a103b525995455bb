/*
 * docs/install-size.md: what `npm install` brings into a fresh folder, for Larder from its own tarballs and for the libraries
 * that the benchmarks compare it with, in the versions that the benchmarks have. And the sizes in the README, which are those
 * of the last table of that page.
 *
 *   node scripts/install-size.mjs            installs them one after another, and writes the page; reads what `build` wrote
 *   node scripts/install-size.mjs --check    ends with 1 if the page names other libraries or versions than those, or the
 *                                            README other sizes than the page
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packInto } from './pack.mjs'
import { packages, readJson, root } from './packages.mjs'
import { runQuietly } from './run.mjs'

const page = path.join(root, 'docs/install-size.md')
const readme = path.join(root, 'README.md')
const all = packages()

/** What each installs, by what one gets. `ours` are folders of packages/, `theirs` names of libraries. */
const groups = [
  {
    title: 'In memory',
    rows: [
      { ours: ['core', 'memory'] },
      { theirs: ['lru-cache'] },
      { theirs: ['@epic-web/cachified', 'lru-cache'] },
      { theirs: ['async-cache-dedupe'] },
      { theirs: ['keyv'] },
      { theirs: ['cache-manager'] },
      { theirs: ['cacheable'] },
      { theirs: ['bentocache'] },
      { theirs: ['layered-loader'] },
      { theirs: ['unstorage'] },
    ],
  },
  {
    title: 'In Redis',
    rows: [
      { ours: ['core', 'redis'] },
      { theirs: ['async-cache-dedupe', 'ioredis'] },
      { theirs: ['layered-loader'] },
      { theirs: ['@epic-web/cachified', 'cachified-redis-adapter', 'redis'] },
      { theirs: ['keyv', '@keyv/redis'] },
      { theirs: ['cache-manager', '@keyv/redis'] },
      { theirs: ['cacheable', '@keyv/redis'] },
      { theirs: ['bentocache', 'ioredis'] },
      { theirs: ['unstorage', 'ioredis'] },
    ],
  },
  {
    title: 'In memory and Redis, kept coherent',
    rows: [
      { ours: ['core', 'memory', 'redis', 'tiered'] },
      { theirs: ['layered-loader'] },
      { theirs: ['cacheable', '@keyv/redis', '@qified/redis'] },
      { theirs: ['bentocache', 'ioredis'] },
    ],
  },
  {
    title: 'All of Larder',
    rows: [{ ours: all.map(({ folder }) => folder).filter((folder) => folder !== 'testing') }],
  },
]

/** Exact versions: of the benchmarks, of the catalog where they refer to it, or of what has no benchmark. */
const OTHERS = { unstorage: '1.17.6' }
const { dependencies } = readJson(path.join(root, 'benchmarks/package.json'))
const catalog = readFileSync(path.join(root, 'pnpm-workspace.yaml'), 'utf8')
const versionOf = (name) => {
  const wanted = dependencies[name] ?? OTHERS[name]
  if (wanted !== 'catalog:') return wanted
  const line = new RegExp(`^  '?${name}'?: [\\^~]?(.+)$`, 'm').exec(catalog)
  return line?.[1]
}
const manifestOf = (folder) => all.find((each) => each.folder === folder).manifest
const titleOf = ({ ours, theirs }) =>
  ours === undefined
    ? theirs.map((name) => `${name} ${versionOf(name)}`).join(' + ')
    : `**${ours.map((folder) => manifestOf(folder).name).join(' + ')}**`

const filesIn = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))

const work = mkdtempSync(path.join(tmpdir(), 'larder-install-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

/** Installs into a fresh folder, and looks at what is there. */
const measure = (specs, folder) => {
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  runQuietly('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', ...specs], {
    cwd: folder,
  })
  const installed = Object.keys(readJson(path.join(folder, 'node_modules/.package-lock.json')).packages)
  const parts = installed.map((place) => ({
    name: place.replace(/^.*node_modules\//, ''),
    bytes: filesIn(path.join(folder, place))
      .filter((file) => !path.relative(path.join(folder, place), file).startsWith('node_modules'))
      .reduce((sum, file) => sum + statSync(file).size, 0),
  }))
  rmSync(folder, { recursive: true, force: true })
  return { packages: installed.length, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), parts }
}

/** What a set needs of Larder itself, all from tarballs: none of it comes from the registry. */
const withNeeds = (folders) => {
  const needed = new Set(folders)
  for (const folder of needed) {
    for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
      const other = all.find(({ manifest }) => manifest.name === name)
      if (other !== undefined) needed.add(other.folder)
    }
  }
  return [...needed]
}

const HEAD = `<!-- Written by scripts/install-size.mjs. Do not edit. -->

# Install size

**TL;DR** What \`npm install\` brings into an empty folder: how many packages, the ones asked for included, and how many kB of
files. Scripts of packages are not run, optional dependencies are installed as npm does it. Larder comes from its own tarballs,
the others from the registry, in the versions of the [benchmarks](benchmarks.md).

A count of packages is a count of things that can break, be abandoned or be taken over. Bytes on a disk are mostly what a program
never loads: two formats of modules, types, maps. What it does load is in the last tables.
`

/** The packages of a set, the largest first, those below a hundredth in one row. */
const madeOf = (row, figures) => {
  const { bytes: whole, parts } = figures.get(titleOf(row))
  const [large, small] = [true, false].map((isLarge) =>
    parts.filter(({ bytes }) => bytes >= whole / 100 === isLarge).toSorted((a, b) => b.bytes - a.bytes),
  )
  const rest = small.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    '## What that is made of',
    '',
    `${titleOf(row)}, package by package. What is not ours is there for memory (lru-cache), for Redis (ioredis), and for the codecs`,
    'that a setting of Redis can ask for (msgpackr, lz4-napi).',
    '',
    '| package | kB |',
    '|---|---:|',
    ...large.map(({ name, bytes }) => `| ${name} | ${kilobytes(bytes)} |`),
    `| ${small.length} others | ${kilobytes(rest)} |`,
    '',
  ].join('\n')
}

const kilobytes = (bytes) => Math.round(bytes / 1024).toLocaleString('en')

/** What `pnpm size` says, as rows of a table. */
const bundleRows = () => {
  const said = runQuietly(process.execPath, [path.join(root, 'scripts/size.mjs')])
  return [...said.matchAll(/^(@larder\/[\w/-]+)( \{ [^}]* \})?: (\d+) bytes/gm)].map(
    ([, name, names = '', bytes]) =>
      `| \`import ${names === '' ? '*' : names.trim()} from '${name}'\` | ${(Number(bytes) / 1000).toFixed(1)} |`,
  )
}

const bundles = () =>
  [
    '## In a bundle',
    '',
    'Each without its dependencies and without the other packages of Larder; `pnpm size` holds the first ones to a budget.',
    '',
    '| | kB, minified and gzipped |',
    '|---|---:|',
    ...bundleRows(),
    '',
  ].join('\n')

/** The README with the sizes that the page names: of each package the first, of one without a main entry all. */
const readmeFrom = (text) => {
  const sizes = new Map()
  for (const [, name, entry, size] of text.matchAll(
    /^\| `import .* from '(@larder\/\w+)(.*)'` \| ([\d.]+) \|$/gm,
  )) {
    const known = sizes.get(name)
    if (known === undefined) sizes.set(name, size)
    else if (entry !== '') sizes.set(name, `${known}, ${size}`)
  }
  return readFileSync(readme, 'utf8').replaceAll(
    /^(\| \[(@larder\/\w+)\]\(packages\/\w+\) \|)[^|]*\|/gm,
    (_, row, name) => `${row} ${sizes.get(name)} |`,
  )
}

const table = ({ title, rows }, figures) =>
  [
    `## ${title}`,
    '',
    '| installed | packages | kB |',
    '|---|---:|---:|',
    ...rows.map((row) => {
      const { packages: count, bytes } = figures.get(titleOf(row))
      return `| ${titleOf(row)} | ${count} | ${kilobytes(bytes)} |`
    }),
    '',
  ].join('\n')

if (process.argv.includes('--check')) {
  const text = readFileSync(page, 'utf8')
  const missing = groups
    .flatMap(({ rows }) => rows.map(titleOf))
    .filter((title) => !text.includes(`| ${title} |`))
  for (const title of missing)
    console.error(`docs/install-size.md has no row for ${title}: node scripts/install-size.mjs`)
  const isSame = readmeFrom(text) === readFileSync(readme, 'utf8')
  if (!isSame)
    console.error('README.md has other sizes than docs/install-size.md: node scripts/install-size.mjs')
  process.exitCode = missing.length === 0 && isSame ? 0 : 1
} else {
  const tarballs = new Map(packInto(work, all).map(({ manifest, tarball }) => [manifest.name, tarball]))
  const figures = new Map()
  for (const row of groups.flatMap(({ rows }) => rows)) {
    const title = titleOf(row)
    if (figures.has(title)) continue
    const specs =
      row.ours === undefined
        ? row.theirs.map((name) => `${name}@${versionOf(name)}`)
        : withNeeds(row.ours).map((folder) => tarballs.get(manifestOf(folder).name))
    figures.set(title, measure(specs, path.join(work, `set-${figures.size}`)))
    console.log(`${title}: ${figures.get(title).packages} packages, ${figures.get(title).bytes} bytes`)
  }
  const text = `${HEAD}\n${[...groups.map((group) => table(group, figures)), madeOf(groups[2].rows[0], figures), bundles()].join('\n')}`
  writeFileSync(page, text)
  writeFileSync(readme, readmeFrom(text))
}
