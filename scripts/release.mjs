/*
 * A release, by one command: versions and change notes from the intents in .changeset/, then tarballs, then the registry.
 *
 *   node scripts/release.mjs              versions and notes, here; look at them, commit them
 *   node scripts/release.mjs --publish    packs what `build` wrote and publishes it, each package behind those it needs
 *   node scripts/release.mjs --dry-run    both, on a copy of the last commit, and nothing leaves this machine
 *
 * Publishing belongs to CI, which can prove where the tarballs come from (`provenance` in each package.json). In the dry
 * run the registry is a server on the loopback that knows no package, so that every one is taken for new.
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packInto } from './pack.mjs'
import { entries, inOrder, packages, readJson, root } from './packages.mjs'
import { run, runQuietly } from './run.mjs'

const { packageManager } = readJson(path.join(root, 'package.json'))
const refuse = (what) => {
  console.error(`release: ${what}`)
  process.exit(1)
}

/** pnpm in a folder whose .npmrc is not meant for npx. */
const pnpmIn = (folder, ...args) =>
  new Promise((resolve, reject) => {
    const inside = `cd ${JSON.stringify(folder)} && pnpm ${args.join(' ')}`
    const child = spawn('npx', ['--yes', '-p', packageManager, '-c', inside], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('close', (status) =>
      status === 0 ? resolve() : reject(new Error(`pnpm ${args.join(' ')} has failed`)),
    )
  })

/** Versions, and the notes of each package on top of its CHANGELOG.md, which goes into the tarball. */
const prepare = async (base) => {
  await pnpmIn(base, 'version', '-r', '--no-git-checks')
  const notes = path.join(base, '.changeset/changelogs')
  for (const { dir, manifest } of packages(base)) {
    const written = path.join(notes, `${manifest.name.replace('/', '!')}@${manifest.version}.md`)
    if (!existsSync(written)) continue
    const file = path.join(dir, 'CHANGELOG.md')
    const head = `# ${manifest.name}\n`
    const before = existsSync(file) ? readFileSync(file, 'utf8').slice(head.length) : ''
    const news = readFileSync(written, 'utf8').trim()
    if (!before.includes(news)) writeFileSync(file, `${head}\n${news}\n${before}`)
  }
}

/** What must be true of a package before it may be published. */
const assertReady = ({ manifest, dir }) => {
  const { name, license, engines, homepage, bugs, repository, publishConfig = {}, keywords = [] } = manifest
  const missing = Object.entries({ license, engines, homepage, bugs, repository }).filter(
    ([, value]) => value === undefined,
  )
  if (missing.length > 0) refuse(`${name} has no ${missing.map(([field]) => field).join(', ')}`)
  if (publishConfig.access !== 'public' || publishConfig.provenance !== true)
    refuse(`${name} must be published publicly, with provenance`)
  if (manifest.sideEffects !== false) refuse(`${name} does not say that it has no side effects`)
  if (repository.directory !== `packages/${path.basename(dir)}`)
    refuse(`${name} names another folder than its own`)
  if (keywords.length < 3) refuse(`${name} has too few keywords to be found by`)
  const built = entries(manifest).flatMap((entry) =>
    ['import', 'require'].map((how) => manifest.exports[entry][how].default),
  )
  const absent = built.find((file) => !existsSync(path.join(dir, file)))
  if (absent !== undefined) refuse(`${name} is not built: there is no ${absent}`)
}

const publish = (base, folder, how) => {
  const all = inOrder(packages(base))
  all.forEach(assertReady)
  for (const { manifest, dir, tarball } of packInto(folder, all)) {
    const files = runQuietly('tar', ['-tzf', tarball]).split('\n')
    const expected = [
      'LICENSE',
      'README.md',
      ...(existsSync(path.join(dir, 'CHANGELOG.md')) ? ['CHANGELOG.md'] : []),
    ]
    const absent = expected.filter((file) => !files.includes(`package/${file}`))
    if (absent.length > 0) refuse(`the tarball of ${manifest.name} has no ${absent.join(', ')}`)
    const said = ['publish', tarball, '--access', 'public', ...how]
    if (how.includes('--dry-run')) runQuietly('npm', said, { cwd: folder })
    else run('npm', said, { cwd: folder })
    console.log(
      `${how.includes('--dry-run') ? 'would publish' : 'published'} ${manifest.name}@${manifest.version}: ${Math.ceil(statSync(tarball).size / 1024)} kB, ${files.length - 1} files`,
    )
  }
}

/** A copy of the last commit, with what `build` wrote. */
const copy = (folder) => {
  const clone = path.join(folder, 'clone')
  runQuietly('git', ['clone', '--quiet', '--local', '--no-hardlinks', root, clone])
  for (const { folder: name, dir } of packages()) {
    const built = path.join(dir, 'dist')
    if (existsSync(built)) cpSync(built, path.join(clone, 'packages', name, 'dist'), { recursive: true })
  }
  return clone
}

const knowsNothing = () =>
  new Promise((resolve) => {
    const server = createServer((_, response) => {
      response.statusCode = 404
      response.end('{}')
    })
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

const rehearse = async (folder) => {
  const clone = copy(folder)
  const registry = await knowsNothing()
  try {
    writeFileSync(path.join(clone, '.npmrc'), `registry=http://127.0.0.1:${registry.address().port}/\n`)
    await prepare(clone)
  } finally {
    registry.close()
  }
  const notes = readdirSync(path.join(clone, '.changeset/changelogs'))
  if (notes.length === 0) refuse('nothing to release: no change intent in .changeset/')
  publish(clone, folder, ['--dry-run', '--offline'])
}

const work = mkdtempSync(path.join(tmpdir(), 'larder-release-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
if (process.argv.includes('--dry-run')) await rehearse(work)
else if (process.argv.includes('--publish')) publish(root, work, [])
else await prepare(root)
