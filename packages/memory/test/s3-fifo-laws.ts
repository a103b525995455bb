/*
 * What S3-FIFO is for and what bounds it, each as a check that throws: of the list as it is, and of lists that lack something.
 */

import { expect } from 'vitest'
import type { List } from '../src/list.ts'
import { Lru } from '../src/lru.ts'

interface Value {
  readonly n: number
}

export type MakeList = () => List<Value>

/** As the store does: add, then take until the bound holds. */
function put(list: List<Value>, key: string, most: number, bytes: number = 200): void {
  list.set(key, { n: bytes }, bytes)
  while (list.size > most) list.pop('entries')
}

/** What of `asked` was found; what was not is put in. */
function hitsOf(list: List<Value>, most: number, asked: Iterable<string>): number {
  let hits = 0
  for (const key of asked) {
    if (list.get(key) === undefined) put(list, key, most)
    else hits++
  }
  return hits
}

export function* times(count: number, what: readonly string[]): Generator<string> {
  for (let i = 0; i < count; i++) yield* what
}

export const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`)

/** Each key once, and once more sixty keys later. */
function* ledger(from: number, to: number): Generator<string> {
  for (let n = from; n < to; n++) {
    yield `k${n}`
    yield `k${n - 60}`
  }
}

/** Keys that were used a while ago, one or another, and new ones: that is what LRU is made for. */
export function* recent(many: number, depth: number): Generator<string> {
  const stack = Array.from({ length: depth }, (_, n) => n)
  let state = 7
  for (let n = depth; n < depth + many; n++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    const at = Math.floor((state / 0x8000_0000) ** 2 * depth * 1.2)
    const [key = n] = stack.splice(at, 1)
    stack.unshift(key)
    stack.length = depth
    yield `k${key}`
  }
}

export const laws: Readonly<Record<string, (make: MakeList) => void>> = {
  'a scan does not push out what is used meanwhile, though LRU would have lost all of it'(make) {
    const list = make()
    const hot = named('hot', 40)
    for (let n = 0; n < 5_000; n++) hitsOf(list, 100, [`scan${2 * n}`, `scan${2 * n + 1}`, `hot${n % 40}`])

    expect(hitsOf(list, 100, hot)).toBeGreaterThan(36)
  },

  'of a loop that is longer than the list, a part stays'(make) {
    const list = make()
    const loop = named('k', 300)
    hitsOf(list, 100, times(3, loop))

    expect(hitsOf(list, 100, loop)).toBeGreaterThan(60)
  },

  'where each key is used once more a little later, the small queue grows until it is'(make) {
    const list = make()
    hitsOf(list, 100, ledger(100, 3_000))

    expect(hitsOf(list, 100, ledger(3_000, 4_000))).toBeGreaterThan(950)
  },

  'what was used once long ago gives way to what is used now, though all of that is new'(make) {
    const list = make()
    for (const each of named('old', 500)) hitsOf(list, 100, [each, each])
    const now = named('now', 80)
    hitsOf(list, 100, times(20, now))

    expect(hitsOf(list, 100, now)).toBeGreaterThan(75)
  },

  'where LRU does better for long, it does hardly worse'(make) {
    const most = 200
    const asked = [...recent(60_000, 220)]

    const behind = hitsOf(new Lru<Value>(() => most), most, asked) - hitsOf(make(), most, asked)

    expect(behind / asked.length).toBeLessThan(0.01)
  },

  'to look at something is not to use it'(make) {
    const [looked, left] = [make(), make()]
    for (const list of [looked, left]) for (const each of named('k', 100)) put(list, each, 100)
    for (const each of named('k', 100)) for (let i = 0; i < 3; i++) looked.peek(each)

    const gone = (list: List<Value>): (string | undefined)[] => named('', 100).map(() => list.pop('entries'))

    expect(gone(looked)).toEqual(gone(left))
  },

  'what was set last stays, though all others were used'(make) {
    const list = make()
    const useAll = (): void => {
      for (const [key] of list.entries()) list.get(key)
    }
    for (const each of named('k', 10)) put(list, each, 10)
    for (const each of ['k8', 'k9', 'k8', 'k9', 'x', 'y', 'x', 'y', 'z', 'x', 'z', 'y']) {
      useAll()
      put(list, each, 10)
      expect(list.peek(each)).toBeDefined()
    }
  },

  'of a hundred thousand keys that were there, no more is remembered than entries are held'(make) {
    const list = make()

    for (let n = 0; n < 100_000; n++) put(list, `some key ${n}`, 100, 200)

    // 100 entries of 200 bytes, and 100 ghosts at most.
    expect(list.bytes).toBeGreaterThan(100 * 200 + 25 * 60)
    expect(list.bytes).toBeLessThan(100 * 200 + 100 * 95)
  },

  'where bytes are scarce, keys that are remembered take an eighth of them, however long they are'(make) {
    const list = make()

    for (let n = 0; n < 500; n++) {
      list.set(`${'long'.repeat(500)}${n}`, { n }, 3_000)
      while (list.bytes > 100_000) list.pop('bytes')
      expect(list.bytes).toBeLessThanOrEqual((list.size * 3_000 * 9) / 8)
    }

    expect(list.size).toBeGreaterThan(25)
  },

  'one write does not pay for all the hits before it'(make) {
    const list = make()
    const all = named('k', 50_000)
    for (const each of all) put(list, each, 50_000)
    for (let i = 0; i < 3; i++) for (const each of all) list.get(each)

    // The oldest that may go after 128 others were given another round.
    expect(list.pop('entries')).toBe('k128')
  },
}
