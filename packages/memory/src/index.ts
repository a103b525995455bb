/*
 * The public surface of @larder/memory, and nothing else.
 */

export { adapter } from './adapter.ts'
export type { Eviction } from './eviction.ts'
export { memory, type MemoryOptions, type MemoryStore } from './memory.ts'
export type { Share } from './share.ts'
