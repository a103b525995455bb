/*
 * Places: the keys of the traffic, and what concerns each of them. All processes and the judge know them by number.
 *
 *   0 … 29     keys, ten in each of the namespaces '', a and a/b
 *   30 …       tags of each namespace; an invalidation there reaches the namespaces inside it
 *   … 41       namespaces, for `clear`
 */

import type { ICache, Policy } from '@larder/core'

export const SPACES = ['', 'a', 'a/b'] as const
const KEYS_EACH = 10
const TAGS = ['red', 'green', 'blue'] as const

/** How the value of a key is kept. */
type Habit = 'plain' | 'for errors' | 'short' | 'set'
const HABITS: readonly Habit[] = ['plain', 'for errors', 'short', 'plain', 'set']

export interface KeyPlace {
  readonly place: number
  readonly space: (typeof SPACES)[number]
  readonly key: string
  readonly habit: Habit
  /** Known before a load. */
  readonly tags: readonly string[]
  /** Named by the loader. */
  readonly lateTags: readonly string[]
  readonly policy: Policy
  /** Everything that concerns it: itself, its tags in its namespace and those around, these namespaces. */
  readonly concerns: readonly number[]
}

const tagAt = (space: number, tag: number): number => SPACES.length * KEYS_EACH + space * TAGS.length + tag
const clearAt = (space: number): number => SPACES.length * (KEYS_EACH + TAGS.length) + space

export const KEYS: readonly KeyPlace[] = SPACES.flatMap((space, s) =>
  Array.from({ length: KEYS_EACH }, (_, n): KeyPlace => {
    const habit = HABITS[n % HABITS.length] ?? 'plain'
    const known = n % TAGS.length
    const late = n % 4 === 3 ? (known + 1) % TAGS.length : undefined
    const around = SPACES.slice(0, s + 1).map((__, i) => i)
    const tags = late === undefined ? [known] : [known, late]
    return {
      place: s * KEYS_EACH + n,
      space,
      key: `k${n}`,
      habit,
      tags: [TAGS[known] ?? ''],
      lateTags: late === undefined ? [] : [TAGS[late] ?? ''],
      policy: {
        tags: [TAGS[known] ?? ''],
        ...(habit === 'for errors' && { staleIfError: '1h' }),
        ...(habit === 'short' && { ttl: 80, staleWhileRevalidate: '1h' }),
      },
      concerns: [
        s * KEYS_EACH + n,
        ...around.flatMap((i) => tags.map((tag) => tagAt(i, tag))),
        ...around.map(clearAt),
      ],
    }
  }),
)

export interface TagPlace {
  readonly space: (typeof SPACES)[number]
  readonly tag: string
  readonly place: number
}

export const TAG_PLACES: readonly TagPlace[] = SPACES.flatMap((space, s) =>
  TAGS.map((tag, t) => ({ space, tag, place: tagAt(s, t) })),
)

export const CLEAR_PLACES: readonly { readonly space: (typeof SPACES)[number]; readonly place: number }[] =
  SPACES.map((space, s) => ({ space, place: clearAt(s) }))

/** The first of a few are asked for more often. */
export function someKey(random: () => number): KeyPlace {
  const n = Math.floor(random() ** 1.5 * KEYS.length)
  return KEYS[n] ?? (KEYS[0] as KeyPlace)
}

export type Spaces = Readonly<Record<(typeof SPACES)[number], ICache>>

export function spacesOf(cache: ICache): Spaces {
  const a = cache.namespace('a')
  return { '': cache, a, 'a/b': a.namespace('b') }
}

/** For messages. */
export function nameOf(place: number): string {
  const key = KEYS[place]
  if (key !== undefined) return `${key.space}:${key.key}`
  const tag = TAG_PLACES.find((each) => each.place === place)
  return tag === undefined
    ? `everything in '${CLEAR_PLACES.find((each) => each.place === place)?.space}'`
    : `${tag.space}#${tag.tag}`
}
