/*
 * A cache as one would write it on an afternoon: a Map, and every rule said once. Nothing happens at the same time,
 * nothing fails; so there is exactly one right answer to everything, and the real cache must give it.
 */

export interface Windows {
  readonly ttl: number
  readonly swr: number
  readonly sie: number
}

interface Kept {
  readonly value: unknown
  freshUntil: number
  readonly windows: Windows
  readonly tags: readonly string[]
}

/** What a loader does: brings a value, or fails. */
export type Outcome = { readonly value: unknown } | 'fails'

export class Naive {
  now = 0
  /** By namespace and key. */
  readonly #kept = new Map<string, Kept>()

  get(space: string, key: string): unknown {
    const kept = this.#of(space, key)
    return kept !== undefined && this.now < kept.freshUntil ? kept.value : undefined
  }

  /** How long it stays fresh. */
  ttl(space: string, key: string): number | undefined {
    const kept = this.#of(space, key)
    return kept !== undefined && this.now < kept.freshUntil ? kept.freshUntil - this.now : undefined
  }

  getOrSet(space: string, key: string, load: Outcome, windows: Windows, tags: readonly string[]): Outcome {
    const kept = this.#of(space, key)
    if (kept !== undefined && this.now < kept.freshUntil) return { value: kept.value }
    const isStale = kept !== undefined && this.now < kept.freshUntil + kept.windows.swr
    if (load !== 'fails') {
      if (load.value !== undefined) this.set(space, key, load.value, windows, tags)
      return isStale ? { value: kept.value } : load
    }
    const isKept =
      kept !== undefined && this.now < kept.freshUntil + Math.max(kept.windows.swr, kept.windows.sie)
    return isKept ? { value: kept.value } : 'fails'
  }

  set(space: string, key: string, value: unknown, windows: Windows, tags: readonly string[]): void {
    this.#kept.set(`${space}:${key}`, { value, freshUntil: this.now + windows.ttl, windows, tags })
  }

  delete(space: string, key: string): void {
    this.#kept.delete(`${space}:${key}`)
  }

  expire(space: string, key: string): void {
    const kept = this.#of(space, key)
    if (kept !== undefined) kept.freshUntil = Math.min(kept.freshUntil, this.now)
  }

  touch(space: string, key: string, ttl: number): boolean {
    const kept = this.#of(space, key)
    if (kept === undefined || this.now >= kept.freshUntil) return false
    kept.freshUntil = this.now + ttl
    return true
  }

  invalidateTags(space: string, tags: readonly string[]): void {
    for (const [place, kept] of this.#kept) {
      if (isWithin(place, space) && kept.tags.some((tag) => tags.includes(tag))) this.#kept.delete(place)
    }
  }

  clear(space: string): void {
    for (const place of this.#kept.keys()) if (isWithin(place, space)) this.#kept.delete(place)
  }

  #of(space: string, key: string): Kept | undefined {
    return this.#kept.get(`${space}:${key}`)
  }
}

function isWithin(place: string, space: string): boolean {
  return place.startsWith(`${space}:`) || place.startsWith(`${space}/`)
}
