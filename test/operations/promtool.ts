/*
 * promtool, the checker of Prometheus: found, or fetched. In this order:
 *
 *   PROMTOOL_BIN                        a file
 *   promtool                            on PATH
 *   node_modules/.cache/promtool        what was unpacked before
 *   Debian, Ubuntu                      the package `prometheus`, unpacked into that folder: no root, no service
 */

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const FOLDER = path.resolve(import.meta.dirname, '../../node_modules/.cache/promtool')
const UNPACKED = path.join(FOLDER, 'usr/bin/promtool')

/** The program, or undefined where it cannot be had. */
export async function findPromtool(): Promise<string | undefined> {
  const named = process.env['PROMTOOL_BIN']
  if (named !== undefined) return named
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).map((each) => path.join(each, 'promtool'))
  const found = [...onPath, UNPACKED].find((file) => existsSync(file))
  if (found !== undefined) return found
  return (await fetched()) ? UNPACKED : undefined
}

async function fetched(): Promise<boolean> {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) return false
  const work = await mkdtemp(path.join(tmpdir(), 'larder-promtool-'))
  try {
    await run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', 'prometheus'], {
      cwd: work,
      timeout: 60_000,
    })
    const deb = readdirSync(work).find((name) => name.endsWith('.deb')) ?? ''
    await mkdir(path.dirname(FOLDER), { recursive: true })
    const beside = await mkdtemp(`${FOLDER}-`)
    await run('dpkg', ['-x', deb, beside], { cwd: work })
    await rename(beside, FOLDER).catch(() => rm(beside, { recursive: true })) // somebody was faster
    return existsSync(UNPACKED)
  } catch {
    return false // no such package, or no mirror in reach
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

export interface Verdict {
  readonly status: number | null
  readonly said: string
}

/** What promtool says of a text, or of files. */
export function judge(promtool: string, args: readonly string[], input = ''): Verdict {
  const { status, stdout, stderr } = spawnSync(promtool, [...args], { input, encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}`.trim() }
}
