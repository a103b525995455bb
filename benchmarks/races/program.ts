/*
 * The program of the processes: `process.child.ts` and our own files that it imports, as JavaScript, made once for all trials.
 * A process that has to translate TypeScript takes a second to start, and takes it from the others.
 *
 * The libraries stay outside, as they are installed; so does Larder, unless it is to be played from its sources.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

export interface Program {
  readonly file: string
  remove(): void
}

/** Where what stays outside is found: all libraries as they are installed; or what our sources need, and no rivals. */
const FOLDERS = {
  'as built': fileURLToPath(new URL('../node_modules/.cache/', import.meta.url)),
  'from its sources': fileURLToPath(new URL('../../packages/codecs/node_modules/.cache/', import.meta.url)),
} as const
/** With native parts, or of Node. */
const NATIVE = /^(node:|lz4-napi$|msgpackr$)/
const MAIN = fileURLToPath(new URL('process.child.ts', import.meta.url))

export async function program(larder: keyof typeof FOLDERS): Promise<Program> {
  const isOutside = (id: string, importer: string | undefined): boolean => {
    if (id.startsWith('.') || path.isAbsolute(id)) return false
    if (larder === 'as built') return true
    return importer?.includes('/benchmarks/') === true ? !id.startsWith('@larder/') : NATIVE.test(id)
  }
  const bundle = await rolldown({
    input: MAIN,
    platform: 'node',
    external: isOutside,
    resolve: { conditionNames: ['@larder/source', 'import', 'node'] },
    logLevel: 'silent',
  })
  mkdirSync(FOLDERS[larder], { recursive: true })
  const folder = mkdtempSync(path.join(FOLDERS[larder], 'races-'))
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: 'process.mjs',
    chunkFileNames: '[name].mjs',
  })
  await bundle.close()
  return {
    file: path.join(folder, 'process.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
