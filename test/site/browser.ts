/*
 * A real browser: found, or fetched. In this order:
 *
 *   CHROME_BIN                      a file
 *   chromium, google-chrome …       on PATH
 *   node_modules/.cache/browser     what was unpacked before
 *   Debian                          the package of Chromium without a window, unpacked into that folder: no root, 20 s
 *
 * It talks to nobody but the page it is shown.
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/browser', import.meta.url))
const PACKAGE = 'chromium-headless-shell'
const NAMES = ['chromium', 'chromium-headless-shell', 'google-chrome', 'google-chrome-stable', 'chrome']
/** ms: 90 MB from a mirror. */
const LONGEST_FETCH = 180_000

/** What a browser does by itself, it does not do here. */
const QUIET = ['--no-first-run', '--disable-quic', '--disable-gpu', '--disable-background-networking']

export async function openBrowser(): Promise<Browser> {
  const executablePath = onThisMachine() ?? (await unpacked())
  const env = { ...process.env, LD_LIBRARY_PATH: librariesIn(path.join(CACHE, 'usr/lib')).join(':') }
  const isOurs = executablePath.startsWith(CACHE)
  // In a container, as root, its own sandbox cannot be had; and it is shown our own pages only.
  const options = { executablePath, chromiumSandbox: false, args: QUIET }
  return chromium.launch(isOurs ? { ...options, env } : options)
}

function onThisMachine(): string | undefined {
  const named = process.env['CHROME_BIN']
  if (named !== undefined) return named
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(existsSync)
}

async function unpacked(): Promise<string> {
  const program = path.join(CACHE, 'usr/lib/chromium', PACKAGE)
  if (!existsSync(program)) await unpack()
  return program
}

async function unpack(): Promise<void> {
  const work = await mkdtemp(path.join(tmpdir(), 'larder-browser-'))
  try {
    const lists = path.join(work, 'lists')
    const debs = path.join(work, 'debs')
    const whole = path.join(work, 'whole')
    for (const folder of [path.join(lists, 'partial'), debs, whole]) await mkdir(folder, { recursive: true })
    await fetchInto(debs, []).catch(() => fetchInto(debs, ['-o', `Dir::State::lists=${lists}`]))
    for (const deb of readdirSync(debs)) await run('dpkg', ['-x', path.join(debs, deb), whole])
    await mkdir(path.dirname(CACHE), { recursive: true })
    await run('cp', ['-a', whole, `${CACHE}-${path.basename(work)}`]) // another file system: no rename
    await rename(`${CACHE}-${path.basename(work)}`, CACHE)
  } catch (cause) {
    throw new Error('a browser is needed: put Chromium on PATH, or its file into CHROME_BIN', { cause })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The package with what it needs and is not there, by the plan of an installation that never happens. */
async function fetchInto(folder: string, options: readonly string[]): Promise<void> {
  const apt = async (...args: readonly string[]): Promise<string> => {
    const all = ['-qq', '-o', 'APT::Sandbox::User=root', ...options, ...args]
    return (await run('apt-get', all, { cwd: folder, timeout: LONGEST_FETCH })).stdout
  }
  if (options.length > 0) await apt('update')
  const plan = await apt('-s', '--no-install-recommends', '--reinstall', 'install', PACKAGE)
  await apt('download', ...[...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name))
}

/** Every folder with a library in it: some packages keep theirs one folder deeper. */
function librariesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  const libraries = files.filter(({ name }) => /\.so(\.|$)/.test(name))
  return [...new Set(libraries.map((file) => file.parentPath ?? file.path))]
}
