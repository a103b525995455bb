/*
 * Held loaders do what they are told, when they are told.
 */

import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { held, settled } from '@larder/testing'
import { expect, test } from 'vitest'

test('a held loader answers when it is released, with what it was given', async () => {
  const source = held('value')
  const answers: string[] = []
  const loading = source.load({} as never).then((value) => answers.push(value))
  await settled()
  const before = [...answers]

  source.release()
  await loading

  expect(before).toEqual([])
  expect(answers).toEqual(['value'])
})

test('a release may bring another value, also undefined', async () => {
  const source = held<string | undefined>('given')
  const loading = [source.load({} as never), source.load({} as never)]

  source.release('other')
  source.release(undefined)

  expect(await Promise.all(loading)).toEqual(['other', undefined])
})

test('calls that wait at the same time are told apart', async () => {
  const source = held<string, [id: number]>()
  const loading = [source.load(1), source.load(2), source.load(3)]

  source.calls[2]?.release('third')
  source.calls[0]?.release('first')
  source.release('the one that is left')

  expect(source.calls.map(({ args }) => args)).toEqual([[1], [2], [3]])
  expect(await Promise.all(loading)).toEqual(['first', 'the one that is left', 'third'])
  expect(source.calls.every(({ isSettled }) => isSettled)).toBe(true)
})

test('a held loader fails with the very error it was told', async () => {
  const source = held<number, []>()
  const error = new Error('down')
  const loading = source.load()

  source.fail(error)

  await expect(loading).rejects.toBe(error)
})

test('one can wait for each call to begin, before and after it has', async () => {
  const source = held(1)
  const second = source.call(2)
  const cache = createCache({ store: memory() })
  const first = cache.getOrSet('a', source.load)

  const started = await source.started
  const other = cache.getOrSet('b', source.load)
  const [context] = (await second).args

  expect(started.args[0].key).toBe('a')
  expect(context.key).toBe('b')
  expect(await source.call(1)).toBe(started)
  source.release()
  source.release()
  expect(await Promise.all([first, other])).toEqual([1, 1])
})

test('releasing when nobody waits is a mistake in the test, and says so', () => {
  const source = held(1)

  expect(() => source.release()).toThrow(/no call/u)
  expect(() => source.fail(new Error('x'))).toThrow(/no call/u)
})
