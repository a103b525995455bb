/*
 * Ablations of what stands on a cache: repositories, warming, keeping fresh, hot and big keys.
 */

import type { Ablation } from './ablations.ts'

export const patternAblations: readonly Ablation[] = [
  {
    what: 'a write deletes the item',
    find: `key === undefined ? undefined : items.delete(named(key)),`,
    replace: ``,
    seenBy: 'what was saved is what is read',
  },
  {
    what: 'a write reads what the item was before',
    find: `tagsOf === undefined || key === undefined ? null : found(key)`,
    replace: `null`,
    seenBy: 'an item that moves leaves the answers that it was in',
  },
  {
    what: 'a write invalidates the tags of what was saved',
    find: `was, item, saved ?? null)`,
    replace: `was)`,
    seenBy: 'an item that moves joins the answers that it is in now',
  },
  {
    what: 'a write invalidates the answers without tags',
    find: `queries.invalidateTags(ANY, ...new Set(tags))`,
    replace: `queries.invalidateTags(...new Set(tags))`,
    seenBy: 'an answer that any write may change falls with every write',
  },
  {
    what: 'the source is written to before the cache is told',
    find: `let saved: T | undefined
      try {`,
    replace: `let saved: T | undefined
      await tell(idOf(item), was, item)
      return source.save(item)
      try {`,
    seenBy: 'the cache is told when the source has the write, not before',
  },
  {
    what: 'warming reads through, and does not simply set',
    find: `await this.#cache.getOrSet<T>(key, load, { ...policy, ...(signal && { signal }) })`,
    replace: `await this.#cache.set(key, await this.#load(key, { key } as LoadContext<T>)); void load`,
    seenBy: 'warming leaves alone what is fresh, and does not undo what is set meanwhile',
  },
  {
    what: 'warming ends after failures in a row',
    find: `if (this.#inRow >= (this.#options.maxFailures ?? 10)) this.#end ??= { error }`,
    replace: ``,
    seenBy: 'warming ends when its source is down',
  },
  {
    what: 'warming that was called off asks for no further key',
    find: `this.#end !== undefined || this.#options.signal?.aborted === true`,
    replace: `this.#end !== undefined`,
    seenBy: 'a warming that is called off asks for no further key',
  },
  {
    what: 'a look at a key that is kept fresh loads it before its end',
    find: `refreshEarly: AT_ONCE`,
    replace: `refreshEarly: NOT_EARLY`,
    seenBy: 'a key that is kept fresh is loaded again before its end, and not when nobody reads it',
  },
  {
    what: 'a key that nobody reads is let go of',
    find: `if (clock.now() - lastRead > idleAfter) {`,
    replace: `if (idleAfter < 0) {`,
    seenBy: 'a key that is kept fresh is loaded again before its end, and not when nobody reads it',
  },
  {
    what: 'a key without a counter takes that of the least counted',
    find: `      known.delete(leastRead())
      reads = fewest`,
    replace: `      return`,
    seenBy: 'a key that becomes hot is found among many that are not',
  },
  {
    what: 'the count of a taken counter is kept as the most that it may be too high',
    find: `reads: reads + oneIn, atMostTooHigh: reads })`,
    replace: `reads: oneIn, atMostTooHigh: 0 })`,
    seenBy: 'a key that becomes hot is found among many that are not',
  },
  {
    what: 'as many counters as were asked for',
    find: `if (known.size === counters) {`,
    replace: `if (known.size === Infinity) {`,
    seenBy: 'a key that becomes hot is found among many that are not',
  },
  {
    what: 'the smallest of the big keys makes room',
    find: `if (known.size > keep) known.delete(smallest(known)[0])`,
    replace: `if (known.size > keep) known.delete(name)`,
    seenBy: 'the biggest keys are found among many, whenever they were written',
  },
  {
    what: 'a key that has shrunk is no longer big',
    find: `found.bytes <= least && !known.has(name)`,
    replace: `found.bytes <= least`,
    seenBy: 'the biggest keys are found among many, whenever they were written',
  },
  {
    what: 'as many big keys as were asked for',
    find: `known.size > keep`,
    replace: `known.size > Infinity`,
    seenBy: 'the biggest keys are found among many, whenever they were written',
  },
]
