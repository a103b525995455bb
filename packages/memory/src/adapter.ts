/*
 * What openCache calls: `memory:` and `{ store: 'memory', … }`.
 */

import type { Adapter } from '@larder/core'
import { MEMORY_OPTIONS, type MemoryOptions, memory } from './memory.ts'

/**
 * What `openCache` calls for `memory:`. It finds it by itself; a bundler needs it by name.
 *
 * @example
 * const users = await openCache('memory:?maxEntries=1000', { adapters: { memory: adapter } })
 */
export const adapter: Adapter<MemoryOptions> = {
  options: MEMORY_OPTIONS,
  open: (options) => memory(options),
}
