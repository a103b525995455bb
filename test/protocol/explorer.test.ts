/* The explorer sees everything, tells the shortest story, and says when there is too much. */

import { expect, test } from 'vitest'
import { explore, type Model, type Take } from './explorer.ts'

/** Two counters that go up to `most`, each by one or two; `bad` must not be reached. */
function counters(most: number, bad: readonly [number, number] | undefined): Model {
  const now = new Uint8Array(4)
  const next = new Uint8Array(4)
  return {
    now,
    next,
    begin: () => void next.fill(0),
    steps(take: Take) {
      for (const which of [0, 1]) {
        for (const by of [1, 2]) {
          if ((now[which] ?? 0) + by > most) continue
          next.set(now)
          next[which] = (now[which] ?? 0) + by
          const isBad = next[0] === bad?.[0] && next[1] === bad?.[1]
          take(() => `${which} grows by ${by}`, isBad ? 'bad' : undefined)
        }
      }
    },
    picture: () => `${next[0]} ${next[1]}`,
  }
}

test('every state is seen once', () => {
  expect(explore(counters(99, undefined), 1_000_000)).toEqual({
    states: 10_000,
    depth: 100,
    trouble: undefined,
  })
})

test('the story is a shortest one, with what every place holds', () => {
  const { trouble } = explore(counters(20, [3, 2]), 1_000_000)

  expect(trouble?.beginning).toBe('0 0')
  expect(trouble?.broken).toBe('bad')
  expect(trouble?.steps).toEqual([
    { what: '0 grows by 1', picture: '1 0' },
    { what: '0 grows by 2', picture: '3 0' },
    { what: '1 grows by 2', picture: '3 2' },
  ])
})

test('what was not explored to its end is not taken for right', () => {
  expect(() => explore(counters(200, undefined), 1_000)).toThrow('more than 1000 states')
})

test('a table that grows forgets nothing', () => {
  const { states } = explore(counters(254, undefined), 1_000_000)

  expect(states).toBe(255 * 255)
})
