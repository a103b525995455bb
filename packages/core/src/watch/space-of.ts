/*
 * What a cache keeps to itself, for functions of core that stand beside it: who does not use them does not load them.
 *
 * By its shape and not by its class: a program may hold two copies of core, one imported and one required.
 */

import type { Space } from '../engine/space.ts'

export function spaceIn(cache: object): Space | undefined {
  return 'space' in cache && isSpace(cache.space) ? cache.space : undefined
}

const isSpace = (value: unknown): value is Space =>
  typeof value === 'object' && value !== null && 'house' in value && 'counts' in value

export function spaceOf(what: string, cache: object): Space {
  const space = spaceIn(cache)
  if (space !== undefined) return space
  throw new TypeError(`${what}: the cache must be one that createCache or openCache has made`)
}
