/* What every way of loading the packages has to be able to do. Plain JavaScript, no dependency but what it is given. */
const assert = require('node:assert/strict')

module.exports = async function program({ createCache, openCache, memory }) {
  const cache = createCache({ store: memory({ maxEntries: 100 }), ttl: '5m' })
  let loads = 0
  const load = () => ({ id: 42, load: ++loads })
  const user = () => cache.getOrSet('user:42', load, { tags: ['users'] })
  assert.deepEqual(await user(), { id: 42, load: 1 })
  assert.deepEqual(await user(), { id: 42, load: 1 })
  await cache.invalidateTags('users')
  assert.deepEqual(await user(), { id: 42, load: 2 })
  await cache.close()

  const opened = await openCache('memory:')
  assert.equal(await opened.getOrSet('k', () => 'by name'), 'by name')
  await opened.close()
}
