/*
 * Ablations of what stands on a cache: repositories, warming, keeping fresh.
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
]
