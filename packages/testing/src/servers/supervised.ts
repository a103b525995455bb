/*
 * A server process that cannot outlive the process that wanted it, whatever happens to that one: also SIGKILL.
 *
 * Between the two stands a shell with three lines to say: the pid of the server, how it ended, nothing more. It holds one
 * end of a pipe; the system closes the other end when our process is gone, however it went. Then the shell kills the
 * server (-9: it may be stopped) and removes its folder. Stopping in order is the same thing, done on purpose: we close
 * the pipe. So the path that matters in an accident is the one that every test takes.
 *
 * The shell is a leader of its own session, out of reach of the keyboard and of whoever kills our process group.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** `$1` is the folder, the rest is the command. Two shells read from the pipe, and neither is ever sent anything. */
const SUPERVISOR = `
trap '' PIPE
folder=$1; shift
exec 3<&0
"$@" </dev/null >>"$folder/log" 2>&1 3<&- &
server=$!
{ read -r nothing <&3; kill -9 "$server"; } &
watcher=$!
echo "$server"
wait "$server"
code=$?
kill -9 "$watcher"
echo "$code"
read -r nothing <&3
rm -rf "$folder"
`

export interface Supervised {
  /** Of the server itself. */
  readonly pid: number
  readonly isRunning: boolean
  /** Resolves when the server has ended, with its exit code. */
  readonly ended: Promise<number>
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM'): void
  /** Ends the server, and the folder with it. */
  stop(): Promise<void>
  /** Of a server that has ended: leaves the folder to another. */
  handOver(): Promise<void>
}

/** Runs `file` with `folder` as its own; what it says goes to `folder/log`. */
export async function supervised(folder: string, file: string, args: readonly string[]): Promise<Supervised> {
  const shell = spawn('/bin/sh', ['-c', SUPERVISOR, 'larder-server', folder, file, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  await once(shell, 'spawn')
  const gone = once(shell, 'exit')
  const lines = linesOf(shell)
  const pid = Number(await lines.next())
  let isRunning = true
  const ended = lines.next().then((code) => {
    isRunning = false
    return Number(code)
  })
  shell.stdin?.on('error', () => {}) // the pipe to a shell that is gone

  const stop = async (): Promise<void> => {
    shell.stdin?.destroy()
    await gone
  }
  return {
    pid,
    get isRunning() {
      return isRunning
    },
    ended,
    signal(name) {
      if (isRunning) process.kill(pid, name)
    },
    stop,
    async handOver() {
      shell.kill('SIGKILL')
      await stop()
    },
  }
}

function linesOf({ stdout }: ChildProcess): { next(): Promise<string | undefined> } {
  if (stdout === null) throw new Error('the supervisor has no output')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  return {
    async next() {
      const line: IteratorResult<string, unknown> = await lines.next()
      return line.done === true ? undefined : line.value
    },
  }
}
