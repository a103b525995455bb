/*
 * Servers out of Debian's packages, unpacked into a folder: no root, nothing installed, no service started.
 *
 * redis-server is redis-check-rdb under another name, and that one is in redis-tools, which has no service to start. The
 * distribution's own packages run on the libraries of this machine, with those it lacks beside them. Those of another
 * release bring all their libraries, the loader of programs too, so that no two releases meet in one process.
 *
 * What is made is a folder with `redis-server` in it, a script that finds its parts beside itself. It appears whole or
 * not at all, since other test processes may be doing the same at the same time.
 */

import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Apt fetches some megabytes from a mirror. */
const LONGEST_FETCH = 120_000

export interface Recipe {
  readonly program: 'redis' | 'valkey'
  /** The release of Debian; the machine's own if there is none. */
  readonly release?: string
}

/** Makes `folder`, with `redis-server` in it; false where Debian's tools, or the packages, are missing. */
export async function unpack({ program, release }: Recipe, folder: string): Promise<boolean> {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) return false
  const work = await mkdtemp(path.join(tmpdir(), 'larder-apt-'))
  try {
    const isFetched = await (release === undefined
      ? fetchOwn(work, program)
      : fetchOf(work, program, release))
    if (!isFetched) return false
    await publish(work, program, release !== undefined, folder)
    return true
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

type Apt = (...args: readonly string[]) => Promise<string>

const aptIn =
  (work: string, options: readonly string[]): Apt =>
  async (...args) => {
    const common = ['-qq', '-o', 'APT::Sandbox::User=root', ...options]
    return (await run('apt-get', [...common, ...args], { cwd: work, timeout: LONGEST_FETCH })).stdout
  }

/** The packages that `program` needs and that are not there, by the plan of an installation that never happens. */
async function planned(apt: Apt, program: string): Promise<readonly string[]> {
  const plan = await apt('-s', '--no-install-recommends', '--reinstall', 'install', `${program}-tools`)
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name)
  return names.filter((name) => name.startsWith('lib') || name === `${program}-tools`)
}

async function fetch(apt: Apt, program: string): Promise<boolean> {
  try {
    const names = await planned(apt, program)
    if (names.length > 0) await apt('download', ...names)
    return names.length > 0
  } catch {
    return false // no such package, or no mirror in reach
  }
}

/** With the lists of this machine; if there are none, or old ones, with fresh ones of our own. */
async function fetchOwn(work: string, program: string): Promise<boolean> {
  if (await fetch(aptIn(work, []), program)) return true
  const apt = aptIn(work, await ownState(work))
  await apt('update').catch(() => '')
  return fetch(apt, program)
}

async function fetchOf(work: string, program: string, release: string): Promise<boolean> {
  const mirror = mirrorOfDebian()
  if (mirror === undefined || !existsSync(KEYRING)) return false
  await writeFile(path.join(work, 'sources'), `deb [signed-by=${KEYRING}] ${mirror} ${release} main\n`)
  await writeFile(path.join(work, 'status'), '') // as if nothing were installed: the plan names every library
  const own = [
    `Dir::Etc::sourcelist=${work}/sources`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::status=${work}/status`,
  ]
  const apt = aptIn(work, [...(await ownState(work)), ...own.flatMap((option) => ['-o', option])])
  await apt('update').catch(() => '')
  return fetch(apt, program)
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

async function ownState(work: string): Promise<readonly string[]> {
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(path.join(work, folder), { recursive: true })
  }
  const own = [`Dir::State::lists=${work}/lists`, `Dir::Cache=${work}/cache`, 'Acquire::Languages=none']
  return own.flatMap((option) => ['-o', option])
}

/** The one this machine uses already. */
function mirrorOfDebian(): string | undefined {
  const folder = '/etc/apt/sources.list.d'
  const files = existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []
  const texts = ['/etc/apt/sources.list', ...files]
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'))
  return /^(?!#).*?(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(texts.join('\n'))?.[1]
}

async function publish(work: string, program: string, isForeign: boolean, folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true })
  const beside = await mkdtemp(`${folder}-`)
  try {
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg', ['-x', file, beside], { cwd: work })
    }
    const bin = path.join(beside, 'usr/bin')
    await symlink(`${program}-check-rdb`, path.join(bin, `${program}-server`))
    const script = path.join(beside, 'redis-server')
    await writeFile(script, isForeign ? foreignScript(beside, program) : ownScript(beside, program))
    await chmod(script, 0o755)
    await rename(beside, folder)
  } catch (error) {
    if (!existsSync(path.join(folder, 'redis-server'))) throw error // or somebody was faster
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

/** Without `exec -a`, which not every shell has: a link has the name it needs. */
function ownScript(folder: string, program: string): string {
  return `#!/bin/sh
here=\${0%/*}
export LD_LIBRARY_PATH=${librariesIn(folder)}
exec "$here/usr/bin/${program}-server" "$@"
`
}

function foreignScript(folder: string, program: string): string {
  const loader = findLoader(folder)
  return `#!/bin/sh
here=\${0%/*}
exec "$here/${loader}" --argv0 ${program}-server --library-path "${librariesIn(folder)}" "$here/usr/bin/${program}-check-rdb" "$@"
`
}

function librariesIn(folder: string): string {
  const found = ['usr/lib', 'lib']
    .filter((lib) => existsSync(path.join(folder, lib)))
    .flatMap((lib) => readdirSync(path.join(folder, lib)).map((name) => `${lib}/${name}`))
    .filter((lib) => lib.endsWith('-linux-gnu'))
  return found.map((lib) => `$here/${lib}`).join(':')
}

function findLoader(folder: string): string {
  const places = [
    ...librariesIn(folder)
      .split(':')
      .map((lib) => lib.replace('$here/', '')),
    'usr/lib64',
    'lib64',
  ]
  const found = places
    .filter((place) => existsSync(path.join(folder, place)))
    .flatMap((place) => readdirSync(path.join(folder, place)).map((name) => `${place}/${name}`))
    .find((file) => /\/ld-linux.*\.so\.\d+$/.test(file))
  if (found === undefined) throw new Error(`the packages in ${folder} have no loader of programs`)
  return found
}
