/*
 * Nothing is left running, whatever happens to the process that started it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { findServer } from '@larder/testing/servers'

const program = fileURLToPath(new URL('./left-running.child.ts', import.meta.url))

/** What the child says of a server it has started. */
interface Left {
  readonly pid: number
  readonly port: number
  readonly dir: string
}

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
beforeAll(() => findServer(), 120_000)

const begin = async (
  what: string,
): Promise<{ readonly child: ChildProcess; readonly left: readonly Left[] }> => {
  const child = fork(program, [what], {
    execArgv: ['--conditions=@larder/source', '--import', 'tsx'],
    silent: true,
  })
  children.push(child)
  const [left] = (await once(child, 'message')) as [readonly Left[]]
  return { child, left }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const tracesOf = async ({ pid, port, dir }: Left): Promise<readonly string[]> => [
  ...(isAlive(pid) ? ['process'] : []),
  ...((await listens(port)) ? ['port'] : []),
  ...(existsSync(dir) ? ['folder'] : []),
]

test.each([
  ['a server that runs', 'running'],
  ['a server that is stopped by a signal', 'paused'],
  ['all servers of a cluster', 'cluster'],
])('nothing is left when the owner is killed: %s', async (_, what) => {
  const { child, left } = await begin(what)
  expect(await Promise.all(left.map(tracesOf))).toEqual(left.map(() => ['process', 'port', 'folder']))
  child.kill('SIGKILL')

  await vi.waitFor(async () => expect((await Promise.all(left.map(tracesOf))).flat()).toEqual([]), 10_000)
})

test('the folder of a server that died before is gone as well', async () => {
  const { child, left } = await begin('killed')
  expect(await Promise.all(left.map(tracesOf))).toEqual([['folder']])
  child.kill('SIGKILL')

  await vi.waitFor(async () => expect((await Promise.all(left.map(tracesOf))).flat()).toEqual([]), 10_000)
})

test.each([
  ['ends in the middle', 'exit'],
  ['throws', 'throw'],
])('a program that %s leaves nothing', async (_, what) => {
  const { child, left } = await begin(what)
  if (child.exitCode === null) await once(child, 'exit')

  await vi.waitFor(async () => expect((await Promise.all(left.map(tracesOf))).flat()).toEqual([]), 10_000)
})
