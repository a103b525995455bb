/*
 * Namespaces: what each of them has counted, the most asked first. `stats()` tells of all that is inside a cache together.
 */

import type { ICache } from '../cache.ts'
import { spaceOf } from './space-of.ts'
import { askedOf, figuresOf, type NamespaceStats } from './stats.ts'

/**
 * The namespaces of a cache that somebody holds and that were asked for something, the cache itself among them, each
 * without those inside it.
 *
 * @example
 * console.table(topNamespaces(cache, 5))
 */
export function topNamespaces(cache: ICache, count: number = 10): readonly NamespaceStats[] {
  return [...spaceOf('topNamespaces', cache).all()]
    .filter((space) => askedOf(space.counts) > 0)
    .sort((a, b) => askedOf(b.counts) - askedOf(a.counts))
    .slice(0, count)
    .map(({ path, counts }) => Object.freeze({ name: path, ...figuresOf(counts) }))
}
