import { manualClock } from '@larder/testing'
import { describe, expect, test } from 'vitest'
import {
  Known,
  LocalMarks,
  lateMark,
  namespaceMark,
  newToken,
  tagMark,
  tagOfMark,
} from '../src/engine/marks.ts'

const isLive = (stamps: readonly { readonly live: boolean }[]): boolean => stamps.every(({ live }) => live)

describe('the marks that a process knows', () => {
  test('one token is one stamp', () => {
    const known = new Known()
    expect(known.learn('m', 'a')).toBe(known.learn('m', 'a'))
    expect(known.get('m')).toBe(known.learn('m', 'a'))
    expect(known.get('other')).toBe(undefined)
  })

  test('another token ends what was made under the one before', () => {
    const known = new Known()
    const before = known.learn('m', 'a')
    const after = known.learn('m', 'b')
    expect([before.live, after.live]).toEqual([false, true])
  })

  test('what is killed is dead and forgotten; killing what is not known does nothing', () => {
    const known = new Known()
    const stamp = known.learn('m', 'a')
    known.kill('m')
    known.kill('never heard of')
    expect(stamp.live).toBe(false)
    expect(known.learn('m', 'a')).not.toBe(stamp)
  })

  test('are never more than the limit, and what is dropped counts as invalidated', () => {
    const known = new Known(100)
    const stamps = Array.from({ length: 1_000 }, (_, i) => known.learn(`m${i}`, 't'))
    const remembered = stamps.filter((_, i) => known.get(`m${i}`) !== undefined)
    expect(remembered.length).toBeLessThanOrEqual(100)
    expect(remembered.length).toBeGreaterThanOrEqual(90)
    for (const [i, stamp] of stamps.entries()) expect(stamp.live).toBe(known.get(`m${i}`) === stamp)
  })

  test('those in use are the last to be dropped', () => {
    const known = new Known(100)
    for (let i = 0; i < 200; i++) known.learn(`before${i}`, 't')
    const used = known.learn('used', 't')
    for (let i = 0; i < 1_000; i++) {
      known.learn(`m${i}`, 't')
      if (i % 5 === 0) known.get('used')
    }
    expect(used.live).toBe(true)
  })
})

describe('the marks of a namespace in this process', () => {
  test('tags captured twice in one state are one array, in another state another', () => {
    const marks = new LocalMarks('n', undefined, manualClock())
    const tags = ['a', 'b']
    const first = marks.stamps(tags)
    expect(marks.stamps(['a', 'b'])).toBe(first)
    expect(marks.stamps(['a'])).not.toBe(first)
    marks.invalidate(['a'])
    expect(isLive(first)).toBe(false)
    expect(isLive(marks.stamps(tags))).toBe(true)
  })

  test('invalidating a tag touches neither other tags nor what has none', () => {
    const marks = new LocalMarks('n', undefined, manualClock())
    const [none, a, b] = [marks.stamps([]), marks.stamps(['a']), marks.stamps(['b'])]
    marks.invalidate(['a', 'never used'])
    expect([none, a, b].map(isLive)).toEqual([true, false, true])
  })

  test('clearing touches everything, also in the namespaces inside, but not around', () => {
    const around = new LocalMarks('n', undefined, manualClock())
    const inside = new LocalMarks('n/i', around, manualClock())
    const [outer, inner] = [around.stamps(['a']), inside.stamps(['a'])]
    inside.invalidateAll()
    expect([outer, inner].map(isLive)).toEqual([true, false])
    const again = inside.stamps([])
    around.invalidateAll()
    inside.rebase()
    expect(isLive(again)).toBe(false)
    expect(isLive(inside.stamps([]))).toBe(true)
  })

  test('the late mark changes with every invalidation of a tag', () => {
    const marks = new LocalMarks('n', undefined, manualClock())
    const before = marks.capture([])
    marks.invalidate(['any'])
    expect(isLive(before.late)).toBe(false)
    expect(isLive(before.stamps)).toBe(true)
    expect(isLive(marks.capture([]).late)).toBe(true)
  })
})

describe('the names of marks', () => {
  test('of a namespace, of its tags and of its late mark are never the same', () => {
    expect(new Set([namespaceMark('n'), lateMark('n'), tagMark('n', ':'), tagMark('n', '~')]).size).toBe(4)
  })

  test('tell which tag they stand for', () => {
    expect(tagOfMark(tagMark('n/i', 'a#=b'))).toBe('a#=b')
    expect(tagOfMark(namespaceMark('n'))).toBe(undefined)
    expect(tagOfMark(lateMark('n'))).toBe(undefined)
  })

  test('no two tokens are the same, even where chance always says the same', () => {
    const clock = manualClock({ random: () => 0.5 })
    expect(new Set(Array.from({ length: 1_000 }, () => newToken(clock))).size).toBe(1_000)
  })
})
