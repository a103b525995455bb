/*
 * Mistakes that people make, as the lines that make them. live.ts has each compiled and run: what the compiler says and
 * what is seen at run time is never written by hand. Here stands only what those messages must not lack.
 *
 * Where the compiler accepts a mistake, `compiler` is missing; where nothing can be seen, `sees` shows what happens instead.
 */

import { beside, calls, ofRedis, places } from './beside.ts'
import {
  habitsByName,
  habitsOfCalls,
  habitsOfPlaces,
  habitsOfRedis,
  habitsOfTiers,
  habitsOfValues,
} from './habits.ts'

export interface Mistake {
  readonly title: string
  readonly code: string
  /** What the compiler's message names. Without it, the compiler has nothing to say. */
  readonly compiler?: string
  /** What is seen at run time must hold all of these: what happened, where, and what to do. */
  readonly sees: readonly string[] | 'not run'
  /** What a reader should know besides the message. */
  readonly note?: string
}

export interface Group {
  readonly title: string
  readonly mistakes: readonly Mistake[]
}

const setUp: readonly Mistake[] = [
  {
    title: 'No store',
    code: "createCache({ ttl: '5m' })",
    compiler: "Property 'store' is missing",
    sees: ['createCache', 'store is missing', 'memory()'],
  },
  {
    title: 'Nothing at all',
    code: 'createCache()',
    compiler: 'Expected 1 arguments',
    sees: ['createCache: options must be an object'],
  },
  {
    title: 'The function instead of the store',
    code: 'createCache({ store: memory })',
    compiler: "not assignable to type 'Store",
    sees: ['createCache: store must be a store, such as memory(), not a function'],
  },
  {
    title: 'The name of a store instead of the store',
    code: "createCache({ store: 'memory' })",
    compiler: "'string' is not assignable to type 'Store",
    sees: ['store must be a store', 'memory()', 'openCache takes names'],
  },
  {
    title: 'A misspelt option',
    code: "createCache({ store: memory(), tll: '5m' })",
    compiler: "'tll' does not exist",
    sees: ["unknown option 'tll'", "did you mean 'ttl'?"],
  },
  {
    title: 'An option as another library calls it',
    code: "createCache({ store: memory(), grace: '1h' })",
    compiler: "'grace' does not exist",
    sees: ["unknown option 'grace'", "'staleIfError' here"],
  },
  {
    title: 'An option of the store, given to the cache',
    code: 'createCache({ store: memory(), maxEntries: 1_000 })',
    compiler: "'maxEntries' does not exist",
    sees: ["unknown option 'maxEntries'", 'memory({ maxEntries })'],
  },
  {
    title: 'An option of the cache, given to the store',
    code: "createCache({ store: memory({ ttl: '5m' }) })",
    compiler: "'ttl' does not exist",
    sees: ["memory: unknown option 'ttl'", 'createCache({ ttl })'],
  },
  {
    title: 'Several at once',
    code: "createCache({ store: memory(), jitter: 10, staleIfError: -1, ttl: '5 min' })",
    compiler: '"5 min"',
    sees: ['3 problems', 'jitter must be a number from 0 to 1', 'staleIfError must be', "not '5 min'"],
  },
  {
    title: 'A memory of no entries',
    code: 'memory({ maxEntries: 0 })',
    sees: ['memory: maxEntries must be a whole number of at least 1, not 0'],
    note: 'Without options a memory is bounded: 10,000 entries and 64 MB.',
  },
  {
    title: 'A size that is none',
    code: "memory({ maxBytes: '64 megabytes' })",
    compiler: '"64 megabytes"',
    sees: ["memory: maxBytes must be a number of bytes or a text like '64mb', not '64 megabytes'"],
  },
  {
    title: 'Two caches on one store that disagree',
    code: `const store = memory()
createCache({ store, storeTimeout: '1s' })
createCache({ store, storeTimeout: '2s' })`,
    sees: ['another cache uses this very store', 'storeTimeout', 'a store of its own'],
  },
  {
    title: 'Two caches of one name on one store',
    code: `const store = memory()
const people = createCache({ store, name: 'shop' })
const carts = createCache({ store, name: 'shop' })
await people.set('42', 'Ada')
say(await carts.get('42'))`,
    sees: ['Ada'],
    note: 'They are one cache: what one keeps the other finds, what one deletes is gone for both. Give each a `name`, or make them namespaces of one cache.',
  },
  {
    title: 'Two caches of one name in one page of metrics',
    code: 'prometheusMetrics([createCache({ store: memory() }), createCache({ store: memory() })])',
    sees: ["two caches are called 'larder'", 'createCache({ name })'],
  },
]

const byName: readonly Mistake[] = [
  {
    title: 'A store that is not installed',
    code: "await openCache('mongo://localhost')",
    sees: ['ADAPTER_MISSING', "'mongo'", "'keyv:…'"],
  },
  {
    title: 'A misspelt store',
    code: "await openCache('reddis://localhost')",
    sees: ['ADAPTER_MISSING', "'reddis'", "did you mean 'redis'?"],
  },
  {
    title: 'An address without its scheme',
    code: "await openCache('localhost:6379')",
    sees: ['the URL must begin with the name of a store', 'redis://localhost'],
  },
  {
    title: 'A misspelt option in a URL',
    code: "await openCache('memory:?maxEntires=1000')",
    sees: ["openCache('memory')", "unknown option 'maxEntires'", "did you mean 'maxEntries'?"],
  },
  {
    title: 'A wrong value in the environment',
    code: `process.env.LARDER_TTL = '5 minutes'
await openCache('memory:')`,
    sees: ['ttl must be', "'5m'", "not '5 minutes'", 'LARDER_TTL'],
  },
  {
    title: 'A store in hand, given to openCache',
    code: 'await openCache({ store: memory() })',
    compiler: "not assignable to type 'string'",
    sees: ['store must be the name of a store', 'createCache takes stores in hand'],
  },
  {
    title: 'A forgotten await before openCache',
    code: `const opened = openCache('memory:')
await opened.get('k')`,
    compiler: "Property 'get' does not exist",
    sees: ['opened.get is not a function'],
  },
  {
    title: 'An import from the wrong package',
    code: "const { memory } = await import('@larder/core')",
    compiler: "Property 'memory' does not exist",
    sees: 'not run',
  },
  {
    title: 'An import of a file inside a package',
    code: "await import('@larder/memory/lru')",
    compiler: "Cannot find module '@larder/memory/lru'",
    sees: ['ERR_PACKAGE_PATH_NOT_EXPORTED'],
  },
]

const keys: readonly Mistake[] = [
  {
    title: 'A number as a key',
    code: 'await cache.get(42)',
    compiler: "'number' is not assignable",
    sees: ['a key must be', 'not a number', "['user', 42]"],
  },
  {
    title: 'An empty key',
    code: "await cache.get('')",
    sees: ['a key must be a non-empty text', "not ''"],
  },
  {
    title: 'No key',
    code: 'await cache.get()',
    compiler: 'Expected 1 arguments',
    sees: ['a key must be', 'not undefined'],
  },
  {
    title: 'NaN in a key',
    code: "await cache.get(['user', Number('x')])",
    sees: ['key[1] is NaN', 'no part of a key'],
    note: 'Look at what it was made of.',
  },
  {
    title: 'undefined in a key',
    code: `await cache.set(['user', nobody?.id], 'whose?')
for await (const key of cache.keys()) say(key)`,
    sees: ['["user",undefined]'],
    note: "`undefined` is a part like any other, so that an option may be left out of a key: `['users', filter]`. All who forget an id share one entry: check it where it comes in.",
  },
  {
    title: 'A date in a key',
    code: "await cache.get(['report', new Date(0)])",
    compiler: "'Date' is not assignable",
    sees: ['key[1] is a Date', 'toISOString()'],
  },
  {
    title: 'A function as a loader’s key',
    code: 'await cache.getOrSet(loadUser, () => 1)',
    compiler: 'not assignable',
    sees: ['a key must be', 'not a function'],
  },
  {
    title: 'One key where many are expected',
    code: "await cache.getMany('user')",
    compiler: 'not assignable',
    sees: ['getMany: the keys must be an array, not a string'],
  },
  {
    title: 'Many keys where one is expected',
    code: "await cache.delete(['a', 'b'])\nsay(await cache.get('a'))",
    sees: ['undefined'],
    note: "An array is one key of several parts. `delete('a', 'b')` deletes two.",
  },
]

const values: readonly Mistake[] = [
  {
    title: 'Keeping undefined',
    code: "await cache.set('user', undefined)",
    sees: ['set: the value is undefined', 'null', 'delete'],
  },
  {
    title: 'Keeping a promise',
    code: "await cache.set('user', loadUser())",
    sees: ['set: the value is a promise; await it first'],
  },
  {
    title: 'Calling the loader',
    code: "await cache.getOrSet('user', loadUser())",
    compiler: 'Loader',
    sees: ['getOrSet: the loader must be a function, not a promise', '() => …'],
  },
  {
    title: 'No loader',
    code: "await cache.getOrSet('user')",
    compiler: 'Expected 2-3 arguments',
    sees: ['getOrSet: the loader must be a function, not undefined'],
  },
  {
    title: 'The policy before the loader',
    code: "await cache.getOrSet('user', { ttl: '5m' }, loadUser)",
    compiler: "'ttl' does not exist in type 'Loader",
    sees: ['getOrSet: the loader must be a function, not an object'],
  },
  {
    title: 'A loader that returns nothing',
    code: `cache.on((event) => event.type === 'unstored' && say(event))
say(await cache.getOrSet('user', () => undefined))
say(await cache.has('user'))`,
    sees: ['"why":"undefined"', 'false'],
    note: 'It is handed back and not kept, so the next caller loads again. Keep `null` for "there is none", with `nullTtl`.',
  },
  {
    title: 'A loader that throws',
    code: `await cache.getOrSet('user', () => {
  throw new RangeError('no such user')
})`,
    sees: ['RangeError: no such user'],
    note: 'Your errors reach you untouched, and nothing is kept. `staleIfError` serves the last good value instead.',
  },
  {
    title: 'A loader that never ends',
    code: "await cache.getOrSet('user', never, { loadTimeout: { hard: '20ms' } })",
    sees: ['LOAD_TIMEOUT', "'user'", '20 ms', 'loadTimeout.hard'],
  },
  {
    title: 'A loader that waits for itself',
    code: "await cache.getOrSet('user', () => cache.getOrSet('user', loadUser))",
    sees: ['LOAD_RECURSION', "'user'", 'under another key'],
  },
  {
    title: 'A loader of many that leaves some out',
    code: "await cache.getOrSetMany(['a', 'b'], () => ['only one'])",
    sees: ['LOAD_SHAPE', '2 keys', 'in their order', 'Map by key'],
  },
  {
    title: 'setMany with an object',
    code: 'await cache.setMany({ a: 1, b: 2 })',
    compiler: 'Iterable<readonly [Key, unknown]>',
    sees: ['setMany: the entries must be pairs', 'Object.entries'],
  },
  {
    title: 'Changing what was read',
    code: `await cache.set('user', { name: 'Ada' })
const found = (await cache.get('user')) as User
found.name = 'Eve'`,
    sees: ['read only'],
    note: "Everybody reads the same object, so it is frozen. Copy it and `set` the copy; or `memory({ share: 'clone' })` gives everybody a copy.",
  },
  {
    title: 'Changing what was kept',
    code: `const ada = { name: 'Ada' }
await cache.set('user', ada)
ada.name = 'Eve'`,
    sees: ['read only'],
  },
  {
    title: 'An object with a class, kept in memory',
    code: `await cache.set('account', new Account('Ada'))
say(((await cache.get('account')) as Account).greeting())`,
    sees: ['Hello Ada'],
    note: 'It works, until the cache moves to Redis: see the next.',
  },
  {
    title: 'An object with a class, kept in Redis',
    code: `const far = await openCache({ store: 'redis', url })
await far.set('account', new Account('Ada'))`,
    sees: ['VALUE_REFUSED', 'Account'],
  },
  {
    title: 'A function in a value, kept in Redis',
    code: `const far = await openCache({ store: 'redis', url })
await far.set('user', { name: 'Ada', greet: () => 'hello' })`,
    sees: ['VALUE_REFUSED', 'function'],
  },
  {
    title: 'A value that contains itself, kept in Redis',
    code: `const loop: { self?: unknown } = {}
loop.self = loop
const far = await openCache({ store: 'redis', url })
await far.set('loop', loop)`,
    sees: ['VALUE_REFUSED'],
  },
  {
    title: 'A value that is too large for Redis',
    code: `const far = await openCache({ store: 'redis', url, maxValueBytes: '1kb' })
await far.set('page', 'x'.repeat(2_000))`,
    sees: ['VALUE_REFUSED', 'maxValueBytes'],
  },
  {
    title: 'A value that a copying memory cannot copy',
    code: `const copying = createCache({ store: memory({ share: 'clone' }) })
await copying.set('account', new Account('Ada'))`,
    sees: ['VALUE_REFUSED', "share: 'clone'"],
  },
  {
    title: 'Not waiting for the answer',
    code: "say(cache.get('user').name)",
    compiler: "Property 'name' does not exist",
    sees: ['undefined'],
  },
  {
    title: 'Asking a promise',
    code: "if (cache.has('user')) say('always said')",
    compiler: 'This condition will always return true',
    sees: ['always said'],
  },
  {
    title: 'Not waiting for a refused write',
    code: "cache.set('user', undefined)\nawait nextTurn()",
    sees: ['unhandled rejection', 'set: the value is undefined'],
    note: 'A promise that nobody awaits ends a Node program when it rejects. The lint rule `no-floating-promises` finds it.',
  },
]

const times: readonly Mistake[] = [
  {
    title: 'A text without a unit',
    code: "await cache.set('k', 1, { ttl: '30' })",
    compiler: '"30"',
    sees: ['set: ttl must be', "'10s'", "not '30'"],
  },
  {
    title: 'A unit in words',
    code: "createCache({ store: memory(), ttl: '5 minutes' })",
    compiler: '"5 minutes"',
    sees: ['ttl must be', "'5m'", "not '5 minutes'"],
  },
  {
    title: 'A ttl of 0',
    code: "await cache.set('k', 1, { ttl: 0 })",
    sees: ['set: ttl must be more than 0 ms, not 0', 'Infinity'],
  },
  {
    title: 'A ttl below 0',
    code: "await cache.set('k', 1, { ttl: -1 })",
    sees: ['set: ttl must be more than 0 ms, not -1', 'Infinity'],
  },
  {
    title: 'A ttl of NaN',
    code: "await cache.set('k', 1, { ttl: Number(process.env.NOT_SET) })",
    sees: ['set: ttl must be more than 0 ms, not NaN'],
  },
  {
    title: 'A date as a ttl',
    code: "await cache.set('k', 1, { ttl: new Date() })",
    compiler: "'Date' is not assignable",
    sees: ['set: ttl must be a number of ms or a text like', 'not a Date'],
  },
  {
    title: 'Seconds, as other libraries count',
    code: "await cache.set('k', 1, { ttl: 60 })\nsay(((await cache.ttl('k')) ?? 0) <= 60)",
    sees: ['true'],
    note: "A number is milliseconds: 60 is a sixteenth of a second. `'60s'` cannot be misread.",
  },
  {
    title: 'A ttl instead of options',
    code: "await cache.set('k', 1, 60_000)",
    compiler: 'no properties in common with type',
    sees: ['set: options must be an object', "{ ttl: '5m' }", 'not a number'],
  },
  {
    title: 'One timeout for two',
    code: "createCache({ store: memory(), loadTimeout: '5s' })",
    compiler: '{ readonly soft?: Duration; readonly hard?: Duration; }',
    sees: ['loadTimeout must be { soft, hard }'],
  },
  {
    title: 'A share in percent',
    code: 'createCache({ store: memory(), jitter: 10 })',
    sees: ['jitter must be a number from 0 to 1, not 10'],
  },
]

const tags: readonly Mistake[] = [
  {
    title: 'A text instead of a list of tags',
    code: "await cache.set('k', 1, { tags: 'users' })",
    compiler: 'not assignable',
    sees: ["set: tags must be an array of texts, such as ['users'], not a string"],
  },
  {
    title: 'A number as a tag',
    code: "await cache.set('k', 1, { tags: [42] })",
    compiler: "'number' is not assignable",
    sees: ['set: tags must be an array of non-empty texts, and one is a number'],
  },
  {
    title: 'A list where tags are listed',
    code: "await cache.invalidateTags(['users'])",
    compiler: 'not assignable',
    sees: ['invalidateTags', 'one is an array', 'spread it, ...tags'],
  },
  {
    title: 'A function of tags that returns a text',
    code: "await cache.getOrSet('user', loadUser, { tags: ({ name }) => name })",
    compiler: 'not assignable',
    sees: ['tags', 'must be an array of texts'],
  },
  {
    title: 'A pattern where tags are meant',
    code: "await cache.invalidateTags('user:*')\nsay('nothing has this tag')",
    sees: ['nothing has this tag'],
    note: 'A tag is a name, not a pattern. `deleteMatching` takes patterns, and looks at every key.',
  },
]

const life: readonly Mistake[] = [
  {
    title: 'Use after close',
    code: "await cache.close()\nawait cache.get('user')",
    sees: ['CACHE_CLOSED', "'larder'", 'create a new one, or close it later'],
  },
  {
    title: 'keep without anything to keep',
    code: "await cache.getOrSet('user', (context) => context.keep())",
    sees: ['keep: there is no stale value to keep', 'context.stale'],
  },
  {
    title: 'wrap of a nameless function',
    code: 'cache.wrap(async (id: number) => ({ id }))',
    sees: ['wrap: a function without a name needs the option key', '(...args) => key'],
  },
  {
    title: 'wrap of what is no function',
    code: 'cache.wrap(loadUser())',
    compiler: 'not assignable',
    sees: ['wrap: fn must be a function, not a promise'],
  },
]

const tiers: readonly Mistake[] = [
  {
    title: 'Near and far swapped',
    code: 'tiered({ near: redis(url), far: memory() })',
    sees: [
      'near must be memory of this process',
      'far must be a store that processes share',
      'can only be far',
    ],
  },
  {
    title: 'Memory as far',
    code: 'tiered({ near: memory(), far: memory() })',
    sees: ['tiered: far must be a store that processes share, such as redis(…)'],
  },
  {
    title: 'No near',
    code: 'tiered({ far: redis(url) })',
    compiler: "Property 'near' is missing",
    sees: ['tiered: near missing', 'near: memory()'],
  },
  {
    title: 'The stores in a row',
    code: 'tiered(memory(), redis(url))',
    compiler: 'Expected 1 arguments',
    sees: ['tiered({ near: memory(), far: redis('],
  },
  {
    title: 'One memory for copies and for a cache',
    code: `const near = memory()
createCache({ store: tiered({ near, far: redis(url) }) })
createCache({ store: near })`,
    sees: ['near copies', 'memory() of its own'],
  },
  {
    title: 'A setting of tiers without far',
    code: "await openCache('tiered:')",
    sees: ["openCache('tiered')", 'what is far', 'tiered:redis://localhost'],
  },
]

const links: readonly Mistake[] = [
  {
    title: 'The URL of something else',
    code: "redis('http://localhost:6379')",
    sees: ['url must look like redis://host:port'],
  },
  {
    title: 'A host without a scheme',
    code: "redis('localhost:6379')",
    sees: ['url must look like redis://host:port'],
  },
  {
    title: 'No URL, because a variable is not set',
    code: 'redis(process.env.REDIS_URL_OF_NOBODY)',
    compiler: "'string | undefined' is not assignable",
    sees: ['redis: where it is, is undefined', 'redis://localhost:6379', 'environment variable'],
  },
  {
    title: 'Options in the URL of a store in hand',
    code: "redis('redis://localhost?prefix=shop')",
    sees: ['redis', 'url must have no query', '{ url, … }'],
    note: '`openCache` takes options in the query.',
  },
  {
    title: 'A password with signs that mean something in a URL',
    code: "redis('redis://:50%off@localhost')",
    sees: ['not percent-encoded', 'encodeURIComponent'],
  },
  {
    title: 'A URL and a client',
    code: 'redis({ url, client: { duplicate() {}, on() {} } })',
    sees: ['client goes without url', 'belong to the client itself'],
  },
  {
    title: 'A client of another kind',
    code: 'redis({ client: { duplicate() {}, on() {} } })',
    sees: ['the client is of no kind that is known', 'ioredis 5 or 6', 'node-redis'],
  },
  {
    title: 'Nobody listens there',
    code: `const far = await openCache('redis://127.0.0.1:1')
say(await far.getOrSet('user', loadUser))
say((await far.health()).problems)`,
    sees: ['{"name":"Ada"}', '127.0.0.1:1', 'ECONNREFUSED'],
    note: 'The program goes on without, and the link keeps trying. If Redis must be there at the start, see the next.',
  },
  {
    title: 'Nobody listens there, and somebody must',
    code: "await openCache('redis://127.0.0.1:1?startup=require&connectDeadline=200ms')",
    sees: ['LINK_DOWN', '127.0.0.1:1'],
  },
  {
    title: 'A server that wants a password, and none is given',
    code: 'await openCache(`${secured}?startup=require&connectDeadline=1s`)',
    sees: ['LINK_DENIED', 'NOAUTH', 'give a password', 'redis://:password@host'],
  },
  {
    title: 'The wrong password',
    code: "await openCache({ store: 'redis', url: secured, password: 'letmein', startup: 'require', connectDeadline: '1s' })",
    sees: ['LINK_DENIED', 'WRONGPASS', 'look at user name and password'],
  },
  {
    title: 'The same, where the program may start without Redis',
    code: `const far = await openCache({ store: 'redis', url: secured, password: 'letmein' })
say((await far.health()).problems)`,
    sees: ['WRONGPASS', 'look at user name and password'],
  },
  {
    title: 'TLS to a port that speaks plainly',
    code: 'await openCache(`rediss://127.0.0.1:${port}?startup=require&connectTimeout=200ms&connectDeadline=600ms`)',
    sees: ['if it does not speak TLS there: redis://'],
  },
  {
    title: 'No TLS to a port that wants it',
    code: 'await openCache(`redis://127.0.0.1:${tlsPort}?startup=require&connectDeadline=1s`)',
    sees: ['rediss://'],
  },
  {
    title: 'A certificate that nobody has vouched for',
    code: 'await openCache(`rediss://127.0.0.1:${tlsPort}?startup=require&connectDeadline=1s`)',
    sees: ['LINK_DENIED', 'certificate', 'tls.ca'],
  },
  {
    title: 'A database that does not exist',
    code: 'await openCache(`${url}/99?startup=require&connectDeadline=1s`)',
    sees: ['LINK_BUG', 'DB index is out of range', 'look at db'],
  },
  {
    title: 'Two processes with other keys to what is sealed',
    code: `const sealedWith = (id: string) =>
  openCache({ store: 'redis', url, prefix: 'secrets', sealer: sealed({ current: id, keys: { [id]: key } }) })
const one = await sealedWith('2025')
const other = await sealedWith('2026')
other.on((event) => event.type === 'refused' && say(event))
await one.set('sealed', 'Ada')
say(await other.get('sealed'))`,
    sees: ['"type":"refused"', 'unknown-key-id'],
    note: 'A miss, and an event: never a value that is wrong. Give both keys to all processes before one of them writes with the new.',
  },
  {
    title: 'Two processes with other serializers',
    code: `const writer = await openCache({ store: 'redis', url, serializer: 'msgpack', startup: 'require' })
const reader = await openCache({ store: 'redis', url, serializer: 'json', startup: 'require' })
await writer.set('packed', { name: 'Ada' })
say(await reader.get('packed'))`,
    sees: ['{"name":"Ada"}'],
    note: 'Not a mistake: every record says how it was written, and all that is known by name is read.',
  },
]

export const groups: readonly Group[] = [
  { title: 'Setting up', mistakes: [...setUp, ...places, ...habitsOfPlaces] },
  { title: 'By name, URL and environment', mistakes: [...byName, ...habitsByName] },
  { title: 'Keys', mistakes: keys },
  { title: 'Values and loaders', mistakes: [...values, ...habitsOfValues] },
  { title: 'Times', mistakes: times },
  { title: 'Tags', mistakes: tags },
  { title: 'Calls, and the life of a cache', mistakes: [...life, ...calls, ...habitsOfCalls] },
  { title: 'Tiers', mistakes: [...tiers, ...habitsOfTiers] },
  { title: 'Redis', mistakes: [...links, ...ofRedis, ...habitsOfRedis] },
  { title: 'Beside the cache', mistakes: beside },
]

export const mistakes: readonly Mistake[] = groups.flatMap((group) => group.mistakes)
