/*
 * Rules of prefixes: what a prefix means is what its characters are, and nothing else.
 */

import { expect } from 'vitest'
import { expectSame, listed, recordOf, ruleFor, type StoreBench, type StoreRule } from './bench.ts'

/** Prefixes with the signs that patterns are made of; each is the beginning of none of the others. */
const PREFIXES = [
  '*',
  'a*:',
  'a?:',
  'a[bc]:',
  'a\\:',
  'a{b,c}:',
  'a::',
  'ab:',
  'ac:',
  'axx:',
  '%:',
  'A:',
  '.*:',
  '^a:',
  '$',
]

/** One record under each prefix; those with odd numbers with a longer rest. */
async function fill(bench: StoreBench): Promise<void> {
  for (const [i, prefix] of PREFIXES.entries()) {
    await bench.store.set(`${prefix}one`, recordOf(bench, i), Infinity)
    await bench.store.set(`${prefix}two:*`, recordOf(bench, i), Infinity)
  }
}

async function heldUnder(bench: StoreBench, prefix: string): Promise<number> {
  const found = [await bench.store.get(`${prefix}one`), await bench.store.get(`${prefix}two:*`)]
  return found.filter((each) => each !== undefined).length
}

export const prefixes: readonly StoreRule[] = [
  ruleFor(
    ['clear'],
    'clear forgets the keys that begin with the prefix, whatever signs it has, and no other',
    async (bench) => {
      for (const cleared of PREFIXES) {
        await fill(bench)

        await bench.store.clear?.(cleared)

        for (const prefix of PREFIXES) {
          expect([prefix, await heldUnder(bench, prefix)]).toEqual([prefix, prefix === cleared ? 0 : 2])
        }
      }
    },
  ),

  ruleFor(['clear'], 'clear of a prefix in the middle of a key forgets nothing', async (bench) => {
    await bench.store.set('x:users:1', recordOf(bench, 1), Infinity)

    await bench.store.clear?.('users:')
    await bench.store.clear?.(':')

    expectSame(await bench.store.get('x:users:1'), recordOf(bench, 1))
  }),

  ruleFor(['clear'], 'clear of a prefix that is a whole key forgets that key too', async (bench) => {
    await bench.store.set('user', recordOf(bench, 1), Infinity)
    await bench.store.set('users', recordOf(bench, 2), Infinity)
    await bench.store.set('use', recordOf(bench, 3), Infinity)

    await bench.store.clear?.('user')

    expectSame(await bench.store.get('user'), undefined)
    expectSame(await bench.store.get('users'), undefined)
    expectSame(await bench.store.get('use'), recordOf(bench, 3))
  }),

  ruleFor(['clear'], 'clear where there is nothing is no failure', async (bench) => {
    await bench.store.clear?.('absent:')

    expectSame(await bench.store.get('absent:'), undefined)
  }),

  ruleFor(
    ['keys'],
    'keys lists the keys that begin with the prefix, each once, whatever signs it has',
    async (bench) => {
      await fill(bench)

      for (const prefix of PREFIXES) {
        const keys = await listed(bench.store.keys?.(prefix))

        expect(keys.toSorted()).toEqual([`${prefix}one`, `${prefix}two:*`])
      }
    },
  ),

  ruleFor(['keys'], 'keys does not list what was deleted', async (bench) => {
    await bench.store.set('p:a', recordOf(bench, 1), Infinity)
    await bench.store.set('p:b', recordOf(bench, 2), Infinity)
    await bench.store.delete('p:a')

    const keys = await listed(bench.store.keys?.('p:'))

    expect(keys).toEqual(['p:b'])
  }),

  ruleFor(['keys'], 'keys can be deleted while they are listed', async (bench) => {
    for (let n = 0; n < 25; n++) await bench.store.set(`p:${n}`, recordOf(bench, n), Infinity)
    let count = 0

    for await (const key of bench.store.keys?.('p:') ?? []) {
      await bench.store.delete(key)
      count++
    }

    expect(count).toBe(25)
    expect(await listed(bench.store.keys?.('p:'))).toEqual([])
  }),

  ruleFor(['within'], 'a view within a prefix is the same as the longer key, both ways', async (bench) => {
    for (const [i, prefix] of ['', ...PREFIXES, 'deep:er:'].entries()) {
      const view = bench.store.within?.(prefix)
      await view?.set('in:side', recordOf(bench, i), Infinity)
      await bench.store.set(`${prefix}out:side`, recordOf(bench, -i), Infinity)

      expectSame(await bench.store.get(`${prefix}in:side`), recordOf(bench, i))
      expectSame(await view?.get('out:side'), recordOf(bench, -i))
      await view?.delete('out:side')
      await bench.store.delete(`${prefix}in:side`)
      expectSame(await bench.store.get(`${prefix}out:side`), undefined)
      expectSame(await view?.get('in:side'), undefined)
    }
  }),

  ruleFor(['within'], 'clear, keys and lists of a view concern its prefix only', async (bench) => {
    const view = bench.store.within?.('p:')
    await bench.store.set('p:a', recordOf(bench, 1), Infinity)
    await bench.store.set('p:b', recordOf(bench, 2), Infinity)
    await bench.store.set('q:a', recordOf(bench, 3), Infinity)

    if (view?.keys !== undefined) expect((await listed(view.keys(''))).toSorted()).toEqual(['a', 'b'])
    if (view?.keys !== undefined) expect(await listed(view.keys('b'))).toEqual(['b'])
    const found = await view?.getMany?.(['b', 'x', 'a'])
    if (found !== undefined) {
      for (const [i, n] of [2, undefined, 1].entries()) expectSame(found[i], n && recordOf(bench, n))
    }
    await view?.clear?.('a')
    if (view?.clear !== undefined) expectSame(await bench.store.get('p:a'), undefined)
    await view?.clear?.('')

    if (view?.clear !== undefined) expectSame(await bench.store.get('p:b'), undefined)
    expectSame(await bench.store.get('q:a'), recordOf(bench, 3))
  }),

  ruleFor(['within'], 'a view answers at once exactly if the store does', async ({ store }) => {
    const view = store.within?.('p:')

    expect(view?.sync === true).toBe(store.sync === true)
  }),
]
