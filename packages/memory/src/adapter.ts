/*
 * What openCache calls: `memory:` and `{ store: 'memory', … }`.
 */

import type { Adapter } from '@larder/core'
import { MEMORY_OPTIONS, type MemoryOptions, memory } from './memory.ts'

/** What `openCache` calls for `memory:`. */
export const adapter: Adapter<MemoryOptions> = {
  options: MEMORY_OPTIONS,
  open: (options) => memory(options),
}
