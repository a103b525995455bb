/*
 * Mistakes with what stands beside a cache: patterns, bytes, watching, facades. See table.ts.
 */
import type { Mistake } from './table.ts'

export const beside: readonly Mistake[] = [
  {
    title: 'A function where warm takes keys',
    code: "await warm(cache, () => ['a', 'b'], loadUser)",
    compiler: "'() => string[]' is not assignable",
    sees: ['warm: the keys must be a list', 'not a function: call it'],
  },
  {
    title: 'Warming at no rate',
    code: "await warm(cache, ['a'], loadUser, { ratePerSecond: 0 })",
    sees: ['warm: ratePerSecond must be a number above 0, not 0'],
  },
  {
    title: 'refreshEvery without a unit',
    code: "refreshEvery(cache, 'rates', loadUser, '60')",
    compiler: "is not assignable to parameter of type 'Duration'",
    sees: ['refreshEvery: every must be', "'10s'", "not '60'"],
  },
  {
    title: 'A repository that can only load',
    code: 'repository(cache, { load: loadUser })',
    compiler: 'is missing the following properties',
    sees: ['repository: key, save, remove must be given'],
  },
  {
    title: 'The name of a compressor, for a codec',
    code: "codec({ compressor: 'lz4' })",
    compiler: "Type 'string' is not assignable to type 'Compressor'",
    sees: ['codec: compressor must be a compressor, such as lz4(), not a string'],
  },
  {
    title: 'Bytes without a codec',
    code: 'encoded(memory())',
    compiler: 'Expected 2-3 arguments',
    sees: ['encoded: codec is missing; for example codec()'],
  },
  {
    title: 'A password where a key to seal with is meant',
    code: "sealed({ current: 'k1', keys: { k1: 'letmein' } })",
    sees: ["sealed: keys 'k1' must be 32 bytes", 'hex (64 digits)'],
  },
  {
    title: 'Hot keys of a store',
    code: 'hotKeys(memory())',
    compiler: "is missing in type 'MemoryStore'",
    sees: ['hotKeys: needs a cache, such as createCache(…)'],
  },
  {
    title: 'A report on a store',
    code: 'report(memory())',
    compiler: "Type 'MemoryStore' is missing",
    sees: ['report: needs a cache, such as createCache(…)'],
  },
  {
    title: 'Metrics of a store',
    code: 'prometheusMetrics(memory())',
    compiler: "'MemoryStore' is not assignable to parameter",
    sees: ['metrics: needs a cache, such as createCache(…)'],
  },
  {
    title: 'A cache where a page of metrics is meant',
    code: 'metricsHandler(cache)',
    compiler: "is missing the following properties from type 'MetricsSource'",
    sees: ['metricsHandler: needs a source of metrics, such as prometheusMetrics(cache)'],
  },
  {
    title: 'Lines without a place to go',
    code: 'observe(cache, {})',
    compiler: "Property 'to' is missing",
    sees: ['observe: to is missing; for example to: console'],
  },
  {
    title: 'A function as the place of lines',
    code: 'observe(cache, { to: console.log })',
    compiler: "is not assignable to type 'Lines'",
    sees: ['observe: to must have the methods info and warn, as console has'],
  },
  {
    title: 'Alerts that nobody hears',
    code: "alerts(cache, { every: '10s' })",
    compiler: "Property 'on' is missing",
    sees: ['alerts: on is missing; for example on: ({ says }) => console.warn(says)'],
  },
  {
    title: 'A check of health that asks something else',
    code: "healthHandler(cache, { asks: 'ready' })",
    compiler: '"ready"',
    sees: ["healthHandler: asks must be 'liveness' or 'readiness', not 'ready'"],
  },
  {
    title: 'A snapshot without a file',
    code: 'await snapshot(cache)',
    compiler: 'Expected 2-3 arguments',
    sees: ['snapshot: the file must be a non-empty text, not undefined'],
  },
  {
    title: 'A snapshot of what is in Redis',
    code: "await snapshot(createCache({ store: redis(url) }), 'cache.snapshot')",
    sees: ['is not a cache in memory alone', 'keeps its values by itself'],
  },
  {
    title: 'A facade over a store',
    code: 'asCacheManager(memory())',
    compiler: "Type 'MemoryStore' is missing",
    sees: ['asCacheManager: needs a cache, such as createCache(…)'],
  },
]

export const calls: readonly Mistake[] = [
  {
    title: 'An event by its name, as an EventEmitter has it',
    code: "cache.on('hit', () => {})",
    compiler: 'Expected 1 arguments',
    sees: ['on: the observer must be a function, not a string'],
    note: "One observer hears all: `cache.on((event) => event.type === 'hit' && …)`.",
  },
  {
    title: 'A Set of keys',
    code: "await cache.getMany(new Set(['a', 'b']))",
    compiler: "Type 'Set<string>' is missing",
    sees: ['getMany: the keys must be an array, not a Set'],
  },
  {
    title: 'Keys in a row where a list is expected',
    code: "await cache.getMany('a', 'b')",
    compiler: 'Expected 1 arguments',
    sees: ['getMany: the keys must be an array, not a string'],
  },
  {
    title: 'Keys where pairs are expected',
    code: "await cache.setMany(['a', 'b'])",
    compiler: "'string' is not assignable to type 'readonly [Key, unknown]'",
    sees: ['setMany: each entry must be a pair [key, value], not a string'],
  },
  {
    title: 'An object as a key',
    code: 'await cache.get({ id: 42 })',
    compiler: "'id' does not exist in type",
    sees: ['a key must be a non-empty text or a non-empty array of parts, not an object'],
    note: "As a part it may be one: `['user', { id: 42 }]`.",
  },
  {
    title: 'A regular expression as a pattern',
    code: 'await cache.deleteMatching(/^user:/)',
    compiler: "'RegExp' is not assignable",
    sees: ['deleteMatching: the pattern must be a non-empty text, not a RegExp'],
  },
  {
    title: 'touch without a time',
    code: "await cache.touch('k')",
    compiler: 'Expected 2 arguments',
    sees: ['touch: ttl must be a number of ms', 'not undefined'],
  },
  {
    title: 'A misspelt policy',
    code: "await cache.set('k', 1, { tag: 'users' })",
    compiler: "'tag' does not exist",
    sees: ["set: unknown option 'tag'", "did you mean 'tags'?"],
  },
  {
    title: 'true as a window',
    code: "await cache.getOrSet('k', loadUser, { staleWhileRevalidate: true })",
    compiler: "Type 'true' is not assignable to type 'Duration",
    sees: ['staleWhileRevalidate must be a number of ms', 'not a boolean'],
  },
  {
    title: 'A duration where a factor is meant',
    code: "await cache.getOrSet('k', loadUser, { refreshEarly: '5m' })",
    compiler: "'string' is not assignable to type 'number | boolean",
    sees: ['refreshEarly must be true, false or a number of at least 0, not a string'],
  },
  {
    title: 'A controller instead of its signal',
    code: "await cache.getOrSet('k', loadUser, { signal: new AbortController() })",
    compiler: "'AbortController' is missing",
    sees: ['signal must be an AbortSignal, not an AbortController'],
  },
  {
    title: 'A function instead of a schema',
    code: "await cache.getOrSet('k', loadUser, { schema: (user) => user.name !== '' })",
    compiler: "is not assignable to type 'StandardSchema",
    sees: ['schema must be a Standard Schema (zod, valibot, arktype …), not a function'],
  },
  {
    title: 'A text as the key of wrap',
    code: "cache.wrap(loadUser, { key: 'user' })",
    compiler: "'string' is not assignable to type",
    sees: ['wrap: key must be a function, not a string'],
  },
  {
    title: 'A namespace without a name',
    code: "cache.namespace('')",
    sees: ["namespace: the name must be a non-empty text, not ''"],
  },
  {
    title: 'A time instead of options, at the end',
    code: "await cache.close('5s')",
    compiler: "no properties in common with type 'CloseOptions'",
    sees: ['close: options must be an object, such as { drain: … }, not a string'],
  },
]

export const places: readonly Mistake[] = [
  {
    title: 'The store instead of the options',
    code: 'createCache(memory())',
    compiler: "Property 'store' is missing",
    sees: ['createCache: the store is an option: createCache({ store })'],
  },
  {
    title: 'A Map instead of a store',
    code: 'createCache({ store: new Map() })',
    compiler: "Property 'name' is missing",
    sees: ['createCache: store must be a store, such as memory(); it has no name'],
  },
  {
    title: 'A cache instead of a store',
    code: 'createCache({ store: cache })',
    compiler: "is not assignable to type 'Store<Entry<unknown>>'",
    sees: ['createCache: store must be a store, such as memory(), not a cache'],
  },
  {
    title: 'A number instead of options',
    code: 'memory(500)',
    compiler: "has no properties in common with type 'MemoryOptions'",
    sees: ['memory: options must be an object, such as { maxEntries: … }, not a number'],
  },
  {
    title: 'A size without a unit, as a text',
    code: "memory({ maxBytes: '64' })",
    compiler: "is not assignable to type 'ByteSize | undefined'",
    sees: ["memory: maxBytes must be a number of bytes or a text like '64mb', not '64'"],
  },
]

export const ofRedis: readonly Mistake[] = [
  {
    title: 'A prefix, as ioredis calls it',
    code: "redis(url, { keyPrefix: 'shop:' })",
    compiler: "'keyPrefix' does not exist",
    sees: ["redis: unknown option 'keyPrefix': it is 'prefix' here"],
  },
  {
    title: 'A port as a text',
    code: "redis({ host: 'localhost', port: '6379' })",
    compiler: "'string' is not assignable to type 'number'",
    sees: ["redis: port must be a number from 1 to 65535, not the text '6379'"],
  },
  {
    title: 'A compressor that is not there',
    code: "redis(url, { compress: 'snappy' })",
    compiler: '"snappy"',
    sees: ["redis: compress must be 'lz4' or 'zstd' or 'gzip' or 'brotli'", 'or one of your own'],
  },
]
