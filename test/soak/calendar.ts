/*
 * A calendar that jumps: of one process, by libfaketime out of Debian's packages, unpacked and not installed. Only the calendar
 * jumps; the monotonic clock goes on.
 */

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** ms. */
const LONGEST_FETCH = 60_000

export interface Calendar {
  /** For the process whose calendar it is. */
  readonly env: Readonly<Record<string, string>>
  /** ms from now on ahead of what it was; the process looks once in a second. */
  jump(by: number): void
  remove(): void
}

/** Undefined where there is no such package. */
export async function calendar(): Promise<Calendar | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'larder-calendar-'))
  const library = await fetched(folder).catch(() => undefined)
  if (library === undefined) {
    rmSync(folder, { recursive: true, force: true })
    return undefined
  }
  const file = path.join(folder, 'ahead')
  let ahead = 0
  const write = (): void => writeFileSync(file, `${ahead < 0 ? '' : '+'}${ahead / 1_000}`)
  write()
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    jump(by) {
      ahead += by
      write()
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function fetched(folder: string): Promise<string | undefined> {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) return undefined
  const how = { cwd: folder, timeout: LONGEST_FETCH }
  await run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', 'libfaketime'], how)
  const [deb] = readdirSync(folder).filter((file) => file.endsWith('.deb'))
  if (deb === undefined) return undefined
  await run('dpkg', ['-x', deb, 'unpacked'], how)
  const files = readdirSync(path.join(folder, 'unpacked'), { recursive: true, encoding: 'utf8' })
  const found = files.find((file) => file.endsWith('libfaketimeMT.so.1'))
  return found === undefined ? undefined : path.join(folder, 'unpacked', found)
}
