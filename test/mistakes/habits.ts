/*
 * Mistakes of habit: what is right elsewhere, in another library or in Redis itself. See table.ts.
 */
import type { Mistake } from './table.ts'

export const habitsOfPlaces: readonly Mistake[] = [
  {
    title: 'The ttl of node-cache',
    code: 'createCache({ store: memory(), stdTTL: 300 })',
    compiler: "'stdTTL' does not exist",
    sees: ["unknown option 'stdTTL': it is 'ttl' here"],
    note: "In ms, not in seconds: `'5m'` cannot be misread.",
  },
  {
    title: 'The bound of node-cache',
    code: 'memory({ maxKeys: 500 })',
    compiler: "'maxKeys' does not exist",
    sees: ["memory: unknown option 'maxKeys': it is 'maxEntries' here"],
  },
  {
    title: 'An eviction that there is not',
    code: "memory({ eviction: 'lfu' })",
    compiler: '"lfu"',
    sees: ["memory: eviction must be 's3-fifo' or 'lru', not 'lfu'"],
  },
]

export const habitsByName: readonly Mistake[] = [
  {
    title: 'A URL object',
    code: "await openCache(new URL('redis://localhost:6379'))",
    compiler: "'URL' is not assignable",
    sees: ["openCache: the setting must be a text such as 'memory:' or an object, not a URL"],
  },
  {
    title: 'An address, and no store',
    code: "await openCache({ url: 'redis://localhost:6379' })",
    sees: ["openCache('memory'): it takes no address", 'name its store'],
    note: "`openCache({ store: 'redis://localhost:6379' })`, or `{ store: 'redis', url: … }`.",
  },
  {
    title: 'A misspelt variable',
    code: `process.env.LARDER_MAX_ENTRES = '5'
say((await openCache('memory:')).name)`,
    sees: ['larder'],
    note: 'Nothing is said: a variable that names no option may belong to somebody else. Names with capitals become words: `maxEntries` is `LARDER_MAX_ENTRIES`.',
  },
]

export const habitsOfValues: readonly Mistake[] = [
  {
    title: 'An object where a Map by key is meant',
    code: "await cache.getOrSetMany(['a', 'b'], async () => ({ a: 1, b: 2 }))",
    compiler: 'is not assignable to type',
    sees: ['LOAD_SHAPE', 'or a Map by key'],
    note: '`new Map(Object.entries(found))` makes one of it.',
  },
  {
    title: 'Objects where pairs are expected',
    code: "await cache.setMany([{ key: 'a', value: 1 }])",
    compiler: 'is not assignable to parameter of type',
    sees: ['setMany: each entry must be a pair [key, value], not an object'],
  },
  {
    title: 'The answer of fetch, whole',
    code: `const page = () => cache.getOrSet('page', () => new Response('hello'))
say(await (await page()).text())
say(await (await page()).text())`,
    sees: ['hello', 'Body is unusable'],
    note: 'A body can be read once, by one reader. Keep what it says: `async () => (await fetch(url)).json()`.',
  },
  {
    title: 'A loader that brings an object with a class, with Redis',
    code: `const far = await openCache({ store: 'redis', url })
far.on((event) => event.type === 'unstored' && say(event))
await far.getOrSet('account', async () => new Account('Ada'))
say(await far.get('account'))`,
    sees: ['"type":"unstored"', '"why":"refused"', 'undefined'],
    note: 'Callers get their value, and every read loads: nothing else is seen. Return a plain object. `observe(cache, { to: console })` says it in words.',
  },
  {
    title: 'A token that has expired already',
    code: `const expiresIn = 0 // as the other side says
await cache.getOrSet('token', (context) => {
  context.ttl(expiresIn)
  return 'abc'
})`,
    sees: ['context.ttl must be more than 0 ms, not 0'],
    note: '`context.skip()` answers without storing.',
  },
  {
    title: 'A list of tags, in a loader',
    code: `await cache.getOrSet('k', (context) => {
  context.tags(['users'])
  return 1
})`,
    compiler: "'string[]' is not assignable",
    sees: ['context.tags', 'one is an array: spread it, ...tags'],
  },
  {
    title: 'Tags of what was not found',
    code: "await cache.getOrSet('k', () => null, { tags: (user) => [user.id] })",
    compiler: "'user' is possibly 'null'",
    sees: ["Cannot read properties of null (reading 'id')"],
    note: '`null` is a value, and has tags too: `(user) => (user === null ? [] : [user.id])`.',
  },
]

export const habitsOfCalls: readonly Mistake[] = [
  {
    title: 'A method without its cache',
    code: `const { get } = cache
await get('user')`,
    sees: ["Cannot read properties of undefined (reading 'nameOf')"],
    note: 'Methods belong to their cache, as those of a Map do: pass `(key) => cache.get(key)`. The lint rule `unbound-method` finds it.',
  },
  {
    title: 'del, as Redis and other libraries call it',
    code: "await cache.del('user')",
    compiler: "Property 'del' does not exist",
    sees: ['cache.del is not a function'],
    note: 'It is `delete`. The [facades](coming-from/cache-manager.md) have the old names.',
  },
  {
    title: 'wrap, as cache-manager has it',
    code: "await cache.wrap('user', loadUser)",
    compiler: "'string' is not assignable",
    sees: ['wrap: fn must be a function, not a string', 'getOrSet takes a key'],
  },
  {
    title: 'A life at the end, as Redis has it',
    code: "await cache.set('user', 'Ada', 'EX', 60)",
    compiler: 'Expected 2-3 arguments',
    sees: ['set: options must be an object', "{ ttl: '5m' }", 'not a string'],
  },
  {
    title: 'expire, as Redis has it',
    code: "await cache.expire('user', 60)",
    compiler: "'number' is not assignable",
    sees: ['a key must be', 'not a number'],
    note: '`expire` takes keys, and makes them stale now. A new life is `touch(key, ttl)`. Mind that a text would be taken for one more key.',
  },
  {
    title: 'A pattern where keys are meant',
    code: `await cache.set('user:1', 'Ada')
await cache.delete('user:*')
say(await cache.get('user:1'))`,
    sees: ['Ada'],
    note: 'In a key `*` means nothing. `deleteMatching` takes patterns; tags and namespaces are the fast way.',
  },
  {
    title: 'A loop over keys, without await',
    code: 'for (const key of cache.keys()) say(key)',
    compiler: "must have a '[Symbol.iterator]()' method",
    sees: ['not iterable'],
    note: '`for await (const key of cache.keys())`: the store may be asked for them bit by bit.',
  },
  {
    title: 'An observer that fails',
    code: `cache.on(async () => { throw new Error('mine') })
await cache.get('user')
await nextTurn()
say(cache.stats().observerErrors)`,
    sees: ['1'],
    note: 'Observers are never felt, whether they throw or reject. It is counted, and that is all.',
  },
]

export const habitsOfTiers: readonly Mistake[] = [
  {
    title: 'A URL as far, in code',
    code: "tiered({ near: memory(), far: 'redis://localhost:6379' })",
    compiler: "'string' is not assignable to type 'Store",
    sees: ['tiered: far must be a store, such as memory() or redis(…)'],
    note: "`openCache({ store: 'tiered', far: 'redis://localhost:6379' })` takes one.",
  },
  {
    title: 'A misspelt choice',
    code: "tiered({ near: memory(), far: redis(url), whenFarIsDown: 'stale' })",
    compiler: '"stale"',
    sees: ["tiered: whenFarIsDown must be 'load' or 'serve-stale', not 'stale'"],
  },
  {
    title: 'No staleness at all',
    code: 'tiered({ near: memory(), far: redis(url), maxStaleness: 0 })',
    sees: ['tiered: maxStaleness must be more than 0 ms, not 0'],
    note: 'Copies are as good as the last proof that nothing was missed. Without any bound there are none: that is `redis(url)` alone.',
  },
]

export const habitsOfRedis: readonly Mistake[] = [
  {
    title: 'A prefix in the place of options',
    code: "redis(url, 'shop')",
    compiler: "'string' is not assignable",
    sees: ['redis: options must be an object', 'not a string'],
  },
  {
    title: 'The nodes of a cluster in a list',
    code: "redis(['redis://h1:7000', 'redis://h2:7001'])",
    compiler: "'string[]' is not assignable",
    sees: ['redis: options must be an object', 'not an array'],
    note: "`redis('redis+cluster://h1:7000,h2:7001')`.",
  },
  {
    title: 'No URL among options, because a variable is not set',
    code: "await openCache({ store: 'redis', url: process.env.REDIS_URL_OF_NOBODY })",
    sees: ['redis: where it is, is undefined', 'environment variable'],
  },
  {
    title: 'A ttl for the store',
    code: "redis(url, { ttl: '5m' })",
    compiler: "'ttl' does not exist",
    sees: ["redis: unknown option 'ttl': it belongs to the cache, as in createCache({ ttl })"],
  },
]
