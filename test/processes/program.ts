/*
 * The program of the processes: `worker.child.ts`, or another, and all it imports, as one file of JavaScript, made once for
 * each test file. A process that has to translate TypeScript takes a second to start, and takes it from the others.
 */

import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/** Something else in the place of a text of the sources, which must hold it once. */
export interface Change {
  readonly find: string
  readonly replace: string
}

export interface Program {
  readonly file: string
  remove(): void
}

/** Beside the packages that are not in it, since they have native parts. */
const FOLDER = fileURLToPath(new URL('../../packages/codecs/node_modules/.cache/', import.meta.url))

const WORKER = new URL('worker.child.ts', import.meta.url)

export async function program(changes: readonly Change[] = [], main: URL = WORKER): Promise<Program> {
  const places = changes.map((): string[] => [])
  const bundle = await rolldown({
    input: fileURLToPath(main),
    platform: 'node',
    external: /^(node:|lz4-napi$|msgpackr$)/,
    resolve: { conditionNames: ['@larder/source', 'import', 'node'] },
    logLevel: 'silent',
    plugins: [
      {
        name: 'change',
        transform(code: string, id: string) {
          let text = code
          for (const [i, { find, replace }] of changes.entries()) {
            const parts = text.split(find)
            for (let n = 1; n < parts.length; n++) places[i]?.push(id)
            text = parts.join(replace)
          }
          return text === code ? undefined : text
        },
      },
    ],
  })
  mkdirSync(FOLDER, { recursive: true })
  const folder = mkdtempSync(path.join(FOLDER, 'processes-'))
  const file = path.join(folder, 'worker.mjs')
  await bundle.write({ file, format: 'esm', codeSplitting: false })
  await bundle.close()
  for (const [i, { find }] of changes.entries()) {
    const found = places[i]?.length
    if (found !== 1) throw new Error(`the sources hold this ${found} times, not once: ${find}`)
  }
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
