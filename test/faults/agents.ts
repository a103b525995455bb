/*
 * The other end of agents: their program, how they are started, and how one talks to them.
 *
 * The program is bundled from the sources once for all of them; where a proof needs it, from sources that lack something.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import type { Duties } from './agent.ts'

/** Text of the sources that is taken out. */
export interface Lack {
  readonly find: string
  readonly replace: string
}

export interface Program {
  readonly file: string
  remove(): void
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What cannot be bundled. */
const NATIVE = /^(lz4-napi|msgpackr-extract)$/

/** Bundles what agents run: they start in no time, and there are many. */
export async function program(lacks: readonly Lack[] = []): Promise<Program> {
  const cache = path.join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(path.join(cache, 'larder-faults-'))
  const file = path.join(folder, 'agent.mjs')
  const missing = new Set(lacks)
  const bundle = await rolldown({
    input: {
      agent: path.join(root, 'test/faults/agent.ts'),
      kinds: path.join(root, 'packages/redis/test/link/kinds.ts'),
    },
    platform: 'node',
    logLevel: 'silent',
    resolve: { conditionNames: ['@larder/source', 'import', 'node'] },
    plugins: [
      {
        name: 'native packages',
        resolveId(source, importer) {
          if (importer === undefined || !NATIVE.test(source)) return undefined
          return { id: createRequire(importer).resolve(source), external: 'absolute' }
        },
      },
      {
        name: 'lacks',
        load(id) {
          if (!id.endsWith('.ts')) return undefined
          let text = readFileSync(id, 'utf8')
          for (const lack of lacks) {
            const parts = text.split(lack.find)
            if (parts.length === 2) missing.delete(lack)
            text = parts.join(lack.replace)
          }
          return { code: text, moduleType: 'ts' }
        },
      },
    ],
  })
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  })
  await bundle.close()
  if (missing.size > 0) throw new Error(`not once in the sources: ${[...missing][0]?.find}`)
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** How an agent has ended. */
export interface End {
  readonly code: number | null
  readonly said: string
}

export type Agent = Duties & {
  /** When the process is gone. */
  readonly ended: Promise<End>
  kill(): void
}

/** So long an agent may take for anything it is told. Something that hangs is a failure, not a test that hangs. */
const LONGEST = 15_000

export async function startAgent({ file }: Program): Promise<Agent> {
  const child = fork(file, { silent: true, execArgv: ['--unhandled-rejections=strict'] })
  const waiting = new Map<number, (reply: Reply) => void>()
  let said = ''
  const hear = (text: Buffer): void => {
    said += text.toString()
  }
  child.stderr?.on('data', hear)
  child.stdout?.on('data', hear)
  child.on('message', (reply: Reply) => {
    waiting.get(reply.id)?.(reply)
    waiting.delete(reply.id)
  })
  const ended = new Promise<End>((resolve) => {
    child.once('close', (code) => {
      for (const [id, settle] of waiting) settle({ id, error: `the agent has ended: ${said}` })
      waiting.clear()
      resolve({ code, said })
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  const duty = telling(child, waiting)
  return new Proxy({} as Agent, {
    get(_, name) {
      if (name === 'then') return undefined // it is no promise
      if (name === 'ended') return ended
      if (name === 'kill') return () => child.kill('SIGKILL')
      return (...args: unknown[]) => duty(String(name), args)
    },
  })
}

interface Reply {
  readonly id: number
  readonly answer?: unknown
  readonly error?: string
}

function telling(
  child: ChildProcess,
  waiting: Map<number, (reply: Reply) => void>,
): (name: string, args: readonly unknown[]) => Promise<unknown> {
  let last = 0
  return (name, args) =>
    new Promise((resolve, reject) => {
      const id = ++last
      const late = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`${name} did not end within ${LONGEST} ms`))
      }, LONGEST)
      waiting.set(id, ({ answer, error }) => {
        clearTimeout(late)
        if (error === undefined) resolve(answer)
        else reject(new Error(`${name}: ${error}`))
      })
      child.send({ id, name, args }, (error) => {
        if (error !== null) waiting.get(id)?.({ id, error: error.message })
      })
    })
}
