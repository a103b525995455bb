/*
 * The history of one place: when which of its versions was acknowledged, and which were called for in this process.
 *
 * Versions are counted by the source of truth, so they are dense. Only the last ones are kept one by one: an older value than
 * those is as stale as the oldest of them at least.
 */

const KEPT = 4_096
/** More changes of one place than are under way at once in a process. */
const AT_ONCE = 64

export class History {
  /** The highest version that anybody has told of. */
  newest = 0
  /** Of the first one in `#settled`. */
  #from = 1
  /** When each was acknowledged; Infinity while it is not. */
  #settled: number[] = []
  /** In the order of their calls: what was changed in this process. */
  #own: { readonly version: number; readonly turn: number }[] = []

  acknowledged(version: number, at: number): void {
    if (this.#settled.length === 0) this.#from = version
    const i = version - this.#from
    if (i < 0) return
    while (this.#settled.length <= i) this.#settled.push(Infinity)
    this.#settled[i] = at
    this.newest = Math.max(this.newest, version)
    if (this.#settled.length < 2 * KEPT) return
    this.#settled = this.#settled.slice(KEPT)
    this.#from += KEPT
  }

  called(version: number, turn: number): void {
    this.newest = Math.max(this.newest, version)
    this.#own.push({ version, turn })
    if (this.#own.length >= 2 * KEPT) this.#own = this.#own.slice(KEPT)
  }

  /** When the first one after `version` was acknowledged, of those that count. */
  overtakenAt(version: number, counts: (at: number) => boolean = () => true): number {
    let first = Infinity
    for (let i = this.#settled.length - 1; i >= 0 && this.#from + i > version; i--) {
      const at = this.#settled[i] ?? Infinity
      if (at < first && counts(at)) first = at
    }
    return first
  }

  /** Whether one after `version` was called for in this process before the turn. */
  wasOvertakenHere(version: number, turn: number): boolean {
    for (let i = this.#own.length - 1; i >= 0; i--) {
      const own = this.#own[i]
      if (own === undefined || own.version + AT_ONCE < version) return false
      if (own.turn <= turn && own.version > version) return true
    }
    return false
  }
}
