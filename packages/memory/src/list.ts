/*
 * A list: the entries of one namespace, and the order in which they go when room is wanted.
 *
 * There is one for each namespace, so that a lookup needs no longer text than the key. How much may be held in all is the
 * store's business: it takes from the lists after it has added to one of them, and they never evict by themselves.
 * Which entry goes is the policy: lru.ts and s3-fifo.ts are two.
 */

/** Of what there is too much. */
export type Bound = 'entries' | 'bytes'

export interface List<V extends object> {
  readonly size: number
  /** What was said of each entry, and what the list itself keeps of those that went. Nothing when it is empty. */
  readonly bytes: number
  get(key: string): V | undefined
  /** Without counting as a use. */
  peek(key: string): V | undefined
  set(key: string, value: V, bytes: number): void
  delete(key: string): boolean
  /** Drops one entry and says under which key it was: never what was set last, while there is another. */
  pop(bound: Bound): string | undefined
  /** All of them; they may be changed meanwhile. */
  entries(): Iterable<[string, V]>
  /** All of this moment, from what may go first. */
  inOrder(): Iterable<[string, V]>
}
