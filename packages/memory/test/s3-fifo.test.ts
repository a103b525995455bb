/*
 * S3-FIFO: the same as a plain model of it after any history; its laws; and that each of them would be seen to be broken.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bound } from '../src/list.ts'
import { S3Fifo } from '../src/s3-fifo.ts'
import { laws, named, recent, times } from './s3-fifo-laws.ts'
import { Model } from './s3-fifo-model.ts'

interface Value {
  readonly n: number
}

const most = (): number => 1_000

describe('after any history', () => {
  const key = fc.nat(11).map((n) => `k${n}`)
  const bytes = fc.integer({ min: 1, max: 900 })
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant('ask' as const), key, bytes }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('set' as const), key, bytes }) },
    {
      weight: 1,
      arbitrary: fc.record({
        what: fc.constantFrom('get' as const, 'peek' as const, 'delete' as const),
        key,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        what: fc.constant('pop' as const),
        bound: fc.constantFrom<Bound>('entries', 'bytes'),
      }),
    },
  )
  const bounds = fc.record({
    most: fc.integer({ min: 1, max: 8 }),
    mostBytes: fc.integer({ min: 300, max: 6_000 }),
  })

  test('it holds, gives and counts the same as a plain model', () => {
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 150 }), (limit, steps) => {
        const list = new S3Fifo<Value>(most)
        const model = new Model<Value>()
        const set = (name: string, size: number): void => {
          for (const each of [list, model]) each.set(name, { n: size }, size)
          while (list.size > limit.most || (list.bytes > limit.mostBytes && list.size > 0)) {
            const bound = list.size > limit.most ? 'entries' : 'bytes'
            const gone = list.pop(bound)
            expect(gone).toBe(model.pop(bound))
            expect(gone === name && list.size > 0).toBe(false)
          }
        }
        for (const each of steps) {
          if (each.what === 'pop') expect(list.pop(each.bound)).toBe(model.pop(each.bound))
          else if (each.what === 'set') set(each.key, each.bytes)
          else if (each.what === 'ask') {
            const found = list.get(each.key)
            expect(found).toEqual(model.get(each.key))
            if (found === undefined) set(each.key, each.bytes)
          } else expect(list[each.what](each.key)).toEqual(model[each.what](each.key))
          expect([list.size, list.bytes]).toEqual([model.size, model.bytes])
          expect(new Map(list.entries())).toEqual(new Map(model.entries()))
          expect([...list.inOrder()]).toEqual([...model.inOrder()])
        }
      }),
      { numRuns: 300 },
    )
  })

  test('also where it goes the way of LRU, and back', () => {
    const list = new S3Fifo<Value>(most)
    const model = new Model<Value>()
    let changes = 0
    for (const name of [...recent(2_000, 36), ...times(100, named('k', 50)), ...recent(2_000, 36)]) {
      const wasLost = model.duel.isLost
      const found = list.get(name)
      expect(found).toEqual(model.get(name))
      if (found === undefined) {
        for (const each of [list, model]) each.set(name, { n: 1 }, 200)
        while (list.size > 32) expect(list.pop('entries')).toBe(model.pop('entries'))
      }
      expect([list.size, list.bytes]).toEqual([model.size, model.bytes])
      if (wasLost !== model.duel.isLost) changes++
    }
    expect(changes).toBeGreaterThan(2)
  })

  test('nothing is left of it when all was taken out', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 80 }), (keys) => {
        const list = new S3Fifo<Value>(most)
        for (const each of keys) {
          list.set(each, { n: 1 }, 200)
          if (list.size > 4) list.pop('entries')
        }
        for (const each of keys) list.delete(each)
        expect([list.size, list.bytes]).toEqual([0, 0])
      }),
    )
  })
})

describe('its laws:', () => {
  test.each(Object.entries(laws))('%s', (_, law) => law(() => new S3Fifo<Value>(most)))
})

/** What is taken away from the list, and which law says so. */
const ablations: readonly { what: string; find: string; replace: string; seenBy: string }[] = [
  {
    what: 'the bound of ghosts',
    find: 'while (ofSmall.length > this.#main.length)',
    replace: 'while (ofSmall.length > 1e9)',
    seenBy: 'of a hundred thousand keys that were there, no more is remembered than entries are held',
  },
  {
    what: 'the bound of their bytes',
    find: "if (bound !== 'bytes') return\n",
    replace: 'if (bound.length > 0) return\n',
    seenBy: 'where bytes are scarce, keys that are remembered take an eighth of them, however long they are',
  },
  {
    what: 'the ghosts',
    find: 'this.#comeBack(slot, bytes)\n',
    replace: '{ this.#drop(slot); this.#add(key, bytes) }\n',
    seenBy: 'what was used once long ago gives way to what is used now, though all of that is new',
  },
  {
    what: 'a small queue that grows',
    find: 'this.#share + one * ',
    replace: 'this.#share + 0 * ',
    seenBy: 'where each key is used once more a little later, the small queue grows until it is',
  },
  {
    what: 'the filling of the main queue',
    find: '!isRoom || isFilled',
    replace: 'isRoom || !isRoom',
    seenBy: 'of a loop that is longer than the list, a part stays',
  },
  {
    what: 'the small queue',
    find: 'length > 1 && this.#excess(bound) > 0',
    replace: 'length > 1e9',
    seenBy: 'a scan does not push out what is used meanwhile, though LRU would have lost all of it',
  },
  {
    what: 'the way of LRU',
    find: 'this.#duel.missed(this.#recency.isHeld(epoch), this.size)',
    replace: 'this.#duel.missed(false, this.size)',
    seenBy: 'where LRU does better for long, it does hardly worse',
  },
  {
    what: 'the bound of rounds',
    find: 'rounds < MOST_ROUNDS && small.length > 1',
    replace: 'small.length > 1',
    seenBy: 'one write does not pay for all the hits before it',
  },
]

describe('without it a law is broken:', () => {
  const source = fileURLToPath(new URL('../src/s3-fifo.ts', import.meta.url))
  let copies: string
  beforeAll(() => {
    const cache = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))
    mkdirSync(cache, { recursive: true })
    copies = mkdtempSync(path.join(cache, 'larder-s3-fifo-'))
  })
  afterAll(() => rmSync(copies, { recursive: true, force: true }))

  test.each(ablations)('$what', async ({ what, find, replace, seenBy }) => {
    const text = readFileSync(source, 'utf8')
    expect(text.split(find)).toHaveLength(2)
    const file = path.join(copies, `${what.replaceAll(' ', '-')}.mjs`)
    const bundle = await rolldown({
      input: source,
      logLevel: 'silent',
      plugins: [
        { name: 'ablation', load: (id) => (id === source ? text.replace(find, () => replace) : null) },
      ],
    })
    await bundle.write({ file })
    await bundle.close()
    const { S3Fifo: Lacking } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
      S3Fifo: typeof S3Fifo
    }

    expect(() => laws[seenBy]?.(() => new Lacking<Value>(most))).toThrow()
  })
})
