/*
 * Processes of the suite: one that is asked one thing after the other, and one that says a number and is gone. If it ends before it
 * has answered, so does the benchmark.
 */
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child {
  /** Its answer to what it is told; or without, what it says next. */
  ask(message?: object): Promise<unknown>
  /** Resolves when it is gone. */
  end(): Promise<void>
}

const HOW = ['--expose-gc', '--import', 'tsx']

/** The number that a program writes. */
export function numberOf(program: URL, ...args: readonly string[]): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...HOW, fileURLToPath(program), ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${args.join(', ')}: ${stderr}`)
  return Number(stdout)
}

/** `program` as from `new URL('…', import.meta.url)`. */
export function startChild(program: URL, args: readonly string[] = [], flags: readonly string[] = []): Child {
  const child = fork(fileURLToPath(program), args, {
    execArgv: [...flags, ...HOW],
    serialization: 'advanced',
  })
  const gone = new AbortController()
  child.once('exit', () => gone.abort(new Error(`${program.pathname} ended before it answered`)))
  return {
    async ask(message) {
      const answer = once(child, 'message', { signal: gone.signal })
      if (message !== undefined) child.send(message)
      const [said] = (await answer) as [unknown]
      return said
    },
    async end() {
      if (child.exitCode !== null) return
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}
