/*
 * Variants: core and memory bundled from their sources, with lines replaced. For questions about what a line costs: both sides
 * are bundled in the same way, and differ in nothing else.
 *
 * What is to be replaced must occur exactly once, so a variant follows the code or fails.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Core from '@larder/core'
import type * as Memory from '@larder/memory'
import { rolldown } from 'rolldown'

export interface Edit {
  /** Below packages/core/src. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Variant {
  readonly createCache: typeof Core.createCache
  readonly hotKeys: typeof Core.hotKeys
  readonly memory: typeof Memory.memory
}

const CORE = fileURLToPath(new URL('../packages/core/src/', import.meta.url))
const MEMORY = fileURLToPath(new URL('../packages/memory/src/index.ts', import.meta.url))
/** Where what stays outside is found. */
const CACHE = fileURLToPath(new URL('node_modules/.cache/', import.meta.url))

export async function variant(edits: readonly Edit[]): Promise<Variant> {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(path.join(CACHE, 'variant-'))
  try {
    const core = path.join(folder, 'core')
    cpSync(CORE, core, { recursive: true })
    for (const each of edits) apply(each, core)
    const input = path.join(folder, 'entry.ts')
    const index = JSON.stringify(path.join(core, 'index.ts'))
    writeFileSync(
      input,
      `export { createCache, hotKeys } from ${index}\nexport { memory } from ${JSON.stringify(MEMORY)}\n`,
    )
    const bundle = await rolldown({
      input,
      platform: 'node',
      external: (id) => !id.startsWith('.') && !path.isAbsolute(id) && id !== '@larder/core',
      resolve: { alias: { '@larder/core': path.join(core, 'index.ts') } },
      logLevel: 'silent',
    })
    const file = path.join(folder, 'variant.mjs')
    await bundle.write({ file, format: 'esm', codeSplitting: false })
    await bundle.close()
    return (await import(pathToFileURL(file).href)) as Variant
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function apply({ file, find, replace }: Edit, core: string): void {
  const place = path.join(core, file)
  const [before, after, ...more] = readFileSync(place, 'utf8').split(find)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`in ${file}, this must occur exactly once: ${find}`)
  }
  writeFileSync(place, before + replace + after)
}
