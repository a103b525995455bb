/*
 * A real Redis for tests, on loopback only, gone when the tests are. In this order:
 *
 *   REDIS_URL                       as it is
 *   redis-server, valkey-server     on PATH, or REDIS_SERVER_BIN: a private one on a free port
 *   Debian and Ubuntu               the distribution's packages, unpacked in node_modules/.cache: no root, no service
 *
 * Otherwise a message says what to do. It is not skipped: a suite that tests less without saying so is worse than none.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

export interface RedisServer {
  readonly url: string
  /** As if the machine were gone: at once, without a word. */
  stop(): Promise<void>
}

interface Binary {
  readonly file: string
  readonly argv0?: string
  readonly libraries?: string
}

const unpacked = fileURLToPath(new URL('../../../../node_modules/.cache/redis', import.meta.url))

/** `isPrivate`: one that may be stopped, whatever REDIS_URL says. */
export async function redisServer(isPrivate: boolean = false): Promise<RedisServer> {
  const { REDIS_URL } = process.env
  if (REDIS_URL !== undefined && !isPrivate) return { url: REDIS_URL, stop: async () => {} }
  const binary = onPath() ?? inCache() ?? unpack()
  if (binary !== undefined) return start(binary)
  throw new Error(`These tests need a Redis or Valkey server, and none was found. Any of these will do:
  macOS            brew install valkey
  Debian, Ubuntu   sudo apt-get install redis-server
  Fedora           sudo dnf install valkey
  elsewhere        REDIS_URL=redis://host:port`)
}

async function start({ file, argv0, libraries }: Binary): Promise<RedisServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'larder-redis-'))
  const port = await freePort()
  const options = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const server = spawn(file, options, {
    ...(argv0 !== undefined && { argv0 }),
    env: { ...process.env, ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }) },
    stdio: 'ignore',
  })
  const gone = new Promise((resolve) => server.once('exit', resolve))
  const kill = (): void => void server.kill('SIGKILL')
  process.once('exit', kill)
  await vi.waitFor(() => answers(port), { timeout: 5_000, interval: 10 })
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      process.off('exit', kill)
      kill()
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function onPath(): Binary | undefined {
  const named = process.env['REDIS_SERVER_BIN']
  if (named !== undefined) return { file: named }
  for (const name of ['redis-server', 'valkey-server']) {
    const file = find(name)
    if (file !== undefined) return { file }
  }
  return undefined
}

function find(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))
}

/** The server is redis-check-rdb under another name, and that is in redis-tools, which starts no service. */
function inCache(): Binary | undefined {
  const file = path.join(unpacked, 'usr/bin/redis-check-rdb')
  if (!existsSync(file)) return undefined
  const libraries = ['usr/lib', 'lib']
    .map((folder) => path.join(unpacked, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
    .filter((folder) => folder.endsWith('-linux-gnu'))
  return { file, argv0: 'redis-server', libraries: libraries.join(':') }
}

function unpack(): Binary | undefined {
  const unpacker = find('dpkg')
  const packages = find('apt-get')
  if (unpacker === undefined || packages === undefined) return undefined
  const work = mkdtempSync(path.join(tmpdir(), 'larder-apt-'))
  try {
    const apt = aptIn(work, packages)
    if (!download(apt, []) && !downloadWithOwnLists(apt, work)) return undefined
    const parts = path.join(work, 'unpacked')
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
      execFileSync(unpacker, ['-x', file, parts], { cwd: work })
    }
    publish(parts)
    return inCache()
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** All at once, since other test files may be doing the same. */
function publish(parts: string): void {
  mkdirSync(path.dirname(unpacked), { recursive: true })
  const beside = mkdtempSync(`${unpacked}-`)
  execFileSync('cp', ['-R', `${parts}/.`, beside])
  try {
    renameSync(beside, unpacked)
  } catch {
    rmSync(beside, { recursive: true, force: true }) // somebody was faster
  }
}

function downloadWithOwnLists(apt: Apt, work: string): boolean {
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(path.join(work, folder), { recursive: true })
  }
  const own = [
    '-o',
    `Dir::State::lists=${work}/lists`,
    '-o',
    `Dir::Cache=${work}/cache`,
    '-o',
    'Acquire::Languages=none',
  ]
  apt([...own, 'update'])
  return download(apt, own)
}

/** redis-tools, and what it needs that this machine lacks. */
function download(apt: Apt, options: readonly string[]): boolean {
  const plan = apt([...options, '-s', '--no-install-recommends', '--reinstall', 'install', 'redis-tools'])
  const names = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name)
  return names.length > 0 && apt([...options, 'download', ...names]).status === 0
}

type Apt = (args: readonly string[]) => { readonly status: number | null; readonly stdout: string }

const aptIn =
  (work: string, file: string): Apt =>
  (args) =>
    spawnSync(file, ['-qq', '-o', 'APT::Sandbox::User=root', ...args], {
      cwd: work,
      encoding: 'utf8',
      timeout: 120_000,
    })

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(500, () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('data', () => {
      socket.destroy()
      resolve()
    })
  })
}
