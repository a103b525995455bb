/*
 * The source of truth, in the director: each key has a version that only grows. A load can be held: it has read, and its
 * answer is on the way.
 */

export class Source {
  /** All that have begun. */
  loads = 0
  readonly #versions = new Map<string, number>()
  readonly #holds = new Map<string, { readonly released: Promise<void>; readonly begun: () => void }>()

  valueOf(key: string): string {
    return `${key} version ${this.#versions.get(key) ?? 1}`
  }

  /** The value that it has from now on. */
  change(key: string): string {
    this.#versions.set(key, (this.#versions.get(key) ?? 1) + 1)
    return this.valueOf(key)
  }

  async load(key: string): Promise<string> {
    this.loads++
    const value = this.valueOf(key)
    const hold = this.#holds.get(key)
    hold?.begun()
    await hold?.released
    return value
  }

  /** Loads of this key that begin now end when they are released. */
  hold(key: string): { readonly begun: Promise<void>; readonly release: () => void } {
    let begun = (): void => {}
    let release = (): void => {}
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    const released = new Promise<void>((resolve) => {
      release = () => {
        this.#holds.delete(key)
        resolve()
      }
    })
    this.#holds.set(key, { released, begun })
    return { begun: hasBegun, release }
  }
}
