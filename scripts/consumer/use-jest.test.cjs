/* global expect, test */
const { createCache, openCache } = require('@larder/core')
const { memory } = require('@larder/memory')
const { manualClock } = require('@larder/testing/doubles')
const program = require('./program.cjs')

test('the packages can be required in Jest', () => program({ createCache, openCache, memory }))

test('time stands still in Jest too', async () => {
  const clock = manualClock()
  const cache = createCache({ store: memory({ clock }), clock, ttl: '1m' })
  await cache.set('k', 1)
  await clock.advance('61s')
  expect(await cache.get('k')).toBe(undefined)
})
