/*
 * A list of entries in least-recently-used order, on lru-cache.
 *
 * lru-cache reserves its arrays for the most it may hold. Here they grow with what is held, doubling, so that a
 * thousand namespaces of ten entries do not each reserve room for ten thousand.
 */

import { LRUCache } from 'lru-cache'
import type { List } from './list.ts'

const FIRST_ROOM = 16

export class Lru<V extends object> implements List<V> {
  #cache: LRUCache<string, V>
  #room = FIRST_ROOM
  /** The most that all lists may hold together; no list needs more room than that, and one while it is being exceeded. */
  readonly #most: () => number
  /** What the value that is being added takes; lru-cache asks for it back. */
  #incoming = 1
  /** The key that went last; lru-cache tells nobody else. */
  #gone: string | undefined

  constructor(most: () => number) {
    this.#most = most
    this.#cache = this.#make(this.#room)
  }

  get size(): number {
    return this.#cache.size
  }

  get bytes(): number {
    return this.#cache.calculatedSize
  }

  get(key: string): V | undefined {
    return this.#cache.get(key)
  }

  peek(key: string): V | undefined {
    return this.#cache.peek(key)
  }

  set(key: string, value: V, bytes: number): void {
    if (this.#cache.size === this.#room && !this.#cache.has(key)) this.#grow()
    this.#incoming = bytes
    this.#cache.set(key, value)
  }

  delete(key: string): boolean {
    return this.#cache.delete(key)
  }

  /** What was not used for the longest time. */
  pop(): string | undefined {
    this.#gone = undefined
    this.#cache.pop()
    return this.#gone
  }

  /** From the least recently used. */
  entries(): Generator<[string, V]> {
    return this.#cache.rentries() as Generator<[string, V]>
  }

  inOrder(): Iterable<[string, V]> {
    return [...this.entries()]
  }

  #grow(): void {
    const before = this.#cache
    this.#room = Math.max(this.#room + 1, Math.min(this.#room * 2, this.#most() + 1))
    this.#cache = this.#make(this.#room)
    for (const [key, value] of before.rentries() as Generator<[string, V]>) {
      this.#incoming = before.info(key)?.size ?? 1
      this.#cache.set(key, value)
    }
  }

  #make(room: number): LRUCache<string, V> {
    return new LRUCache<string, V>({
      max: room,
      maxSize: Number.MAX_SAFE_INTEGER,
      sizeCalculation: () => this.#incoming,
      noDisposeOnSet: true,
      dispose: (_, key) => {
        this.#gone = key
      },
    })
  }
}
