/*
 * docs/options.md, from the comments of the sources: each option has one description, and it stands beside its type.
 *
 *   node scripts/options-table.mjs            writes the page
 *   node scripts/options-table.mjs --check    ends with 1 if the page is not what it would write
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packages, root } from './packages.mjs'

const page = path.join(root, 'docs/options.md')

/** Which interfaces, in which order, and what to say of them. */
const groups = [
  {
    title: 'Policy: how values are kept',
    file: 'packages/core/src/cache.ts',
    name: 'Policy',
    intro:
      'Given to `createCache`, `openCache` or `namespace` they are the default there; given to a call (`getOrSet`, `set`, `getOrSetMany`, `setMany`, `wrap`) they hold for that call, over the default. `signal` belongs to single calls: not to `createCache`, `namespace` or `wrap`.',
  },
  {
    title: 'wrap',
    file: 'packages/core/src/cache.ts',
    name: 'WrapPolicy',
    intro: 'All of a policy but `signal`, and:',
  },
  {
    title: 'createCache',
    file: 'packages/core/src/create.ts',
    name: 'CacheOptions',
    intro: 'All of a policy but `signal`, and:',
  },
  {
    title: 'memory',
    file: 'packages/memory/src/memory.ts',
    name: 'MemoryOptions',
    intro: 'Both bounds hold for all namespaces of a store together.',
  },
  {
    title: 'tiered',
    file: 'packages/tiered/src/tiered.ts',
    name: 'TieredOptions',
    intro:
      'Through `openCache`, `near` and `far` are settings of stores, and `near` is memory if nothing is said.',
  },
  {
    title: 'redis',
    file: 'packages/redis/src/redis.ts',
    name: 'RedisOptions',
    intro: 'And those of the next three tables.',
  },
  {
    title: 'redis: where it is',
    file: 'packages/redis/src/link/options.ts',
    name: 'PlaceOptions',
    intro: 'In a URL or in parts: [links](links.md#where-it-leads).',
    explained: {},
  },
  {
    title: 'redis: how the link behaves',
    file: 'packages/redis/src/link/options.ts',
    name: 'LinkOptions',
    intro: 'Also of `openLink`: [links](links.md#options).',
    explained: { clock: 'testing.md#manualclock' },
  },
  {
    title: 'redis: what records look like',
    file: 'packages/redis/src/shape.ts',
    name: 'ShapeOptions',
    intro: 'What each costs and saves: [codecs](codecs.md).',
    explained: {},
  },
  {
    title: 'openCache',
    file: 'packages/core/src/open.ts',
    name: 'OpenOptions',
    intro: 'The second argument; the first is the setting: [configuration](configuration.md).',
    explained: { adapters: 'configuration.md#adapters-in-hand' },
  },
  { title: 'close', file: 'packages/core/src/cache.ts', name: 'CloseOptions', intro: '' },
  {
    title: 'warm',
    file: 'packages/core/src/patterns/warm.ts',
    name: 'WarmOptions',
    intro: 'Explained in [warming](warming.md).',
    explained: {},
  },
  {
    title: 'refreshEvery',
    file: 'packages/core/src/patterns/refresh-every.ts',
    name: 'RefreshOptions',
    intro: 'Explained in [warming](warming.md#refreshevery).',
    explained: {},
  },
  {
    title: 'hotKeys',
    file: 'packages/core/src/watch/hot-keys.ts',
    name: 'HotKeysOptions',
    intro: 'Explained in [watching](watching.md#hotkeys-and-bigkeys).',
    explained: {},
  },
  {
    title: 'bigKeys',
    file: 'packages/core/src/watch/big-keys.ts',
    name: 'BigKeysOptions',
    intro: 'Explained in [watching](watching.md#hotkeys-and-bigkeys).',
    explained: {},
  },
  {
    title: 'snapshot',
    file: 'packages/memory/src/snapshot.ts',
    name: 'SnapshotOptions',
    intro: 'Of `@larder/memory/snapshot`: [snapshots](snapshots.md#what-is-restored).',
    explained: {},
  },
  {
    title: 'restore',
    file: 'packages/memory/src/snapshot.ts',
    name: 'RestoreOptions',
    intro: '',
    explained: {},
  },
  {
    title: 'codec',
    file: 'packages/core/src/bytes/codec.ts',
    name: 'CodecOptions',
    intro: 'For stores of bytes: [codecs](codecs.md).',
    explained: {},
  },
  {
    title: 'encoded',
    file: 'packages/core/src/store/encoded.ts',
    name: 'EncodedOptions',
    intro: 'Makes a store of entries of a store of bytes: [adapters](adapters.md#a-place-that-keeps-bytes).',
    explained: {},
  },
  {
    title: 'lz4, and all compressors',
    file: 'packages/codecs/src/compressor.ts',
    name: 'CompressorOptions',
    intro: 'Each has defaults of its own: [codecs](codecs.md#which-compressor).',
    explained: {},
  },
  { title: 'zstd', file: 'packages/codecs/src/zstd.ts', name: 'ZstdOptions', intro: '', explained: {} },
  { title: 'gzip', file: 'packages/codecs/src/gzip.ts', name: 'GzipOptions', intro: '', explained: {} },
  { title: 'brotli', file: 'packages/codecs/src/brotli.ts', name: 'BrotliOptions', intro: '', explained: {} },
  {
    title: 'sealed',
    file: 'packages/codecs/src/sealed.ts',
    name: 'SealedOptions',
    intro: 'Explained in [codecs](codecs.md#sealing).',
    explained: {},
  },
  {
    title: 'keyv',
    file: 'packages/keyv/src/keyv.ts',
    name: 'KeyvOptions',
    intro: 'Explained in [Keyv](keyv.md).',
    explained: {},
  },
  { title: 'asKeyv', file: 'packages/keyv/src/as-keyv.ts', name: 'AsKeyvOptions', intro: '', explained: {} },
  {
    title: 'observe',
    file: 'packages/metrics/src/observe.ts',
    name: 'ObserveOptions',
    intro: 'Of `@larder/metrics`, as all that follow: [metrics](metrics.md).',
    explained: {},
  },
  {
    title: 'alerts',
    file: 'packages/metrics/src/alerts.ts',
    name: 'AlertsOptions',
    intro: 'Explained in [metrics](metrics.md#alerts-and-a-dashboard).',
    explained: {},
  },
  {
    title: 'healthHandler',
    file: 'packages/metrics/src/handlers.ts',
    name: 'HealthHandlerOptions',
    intro: '',
    explained: {},
  },
  {
    title: 'prometheus',
    file: 'packages/metrics/src/prometheus/exposition.ts',
    name: 'PrometheusOptions',
    intro: '',
    explained: {},
  },
  {
    title: 'otelMetrics',
    file: 'packages/metrics/src/otel/metrics.ts',
    name: 'OtelMetricsOptions',
    intro: '',
    explained: {},
  },
  {
    title: 'otelSpans',
    file: 'packages/metrics/src/otel/spans.ts',
    name: 'OtelSpansOptions',
    intro: '',
    explained: {},
  },
  {
    title: 'NodeCache, as of node-cache',
    file: 'packages/compat/src/node-cache.ts',
    name: 'NodeCacheOptions',
    intro: 'Of `@larder/compat`: [coming from node-cache](coming-from/node-cache.md).',
    explained: {},
  },
  {
    title: 'asCacheManager',
    file: 'packages/compat/src/cache-manager.ts',
    name: 'CacheManagerOptions',
    intro: 'Of `@larder/compat`: [coming from cache-manager](coming-from/cache-manager.md).',
    explained: {},
  },
]

/** Not for programs: tools of tests (testing.md), and how one call of a link is made (links.md). */
const elsewhere = [
  'packages/testing/',
  'packages/redis/src/link/link.ts',
  'packages/compat/src/cache-manager.ts',
]

/** An interface of options that stands in no group would be left out unseen. */
for (const { folder, dir } of packages()) {
  for (const file of readdirSync(path.join(dir, 'src'), { recursive: true })) {
    const name = `packages/${folder}/src/${file.replaceAll(path.sep, '/')}`
    if (!name.endsWith('.ts') || elsewhere.some((start) => name.startsWith(start))) continue
    const text = readFileSync(path.join(root, name), 'utf8')
    for (const [, each] of text.matchAll(/^export interface (\w+Options)\b/gm)) {
      const isThere = groups.some((group) => group.file === name && group.name === each)
      if (!isThere) throw new Error(`${each} of ${name} stands in no group of scripts/options-table.mjs`)
    }
  }
}

/** Where an option is explained at length; a group may say otherwise. */
const explained = {
  ttl: 'staleness.md#ttl',
  staleWhileRevalidate: 'staleness.md#stale-while-revalidate',
  staleIfError: 'staleness.md#stale-if-error',
  tags: 'tags.md',
  jitter: 'staleness.md#jitter',
  refreshEarly: 'staleness.md#early-refresh',
  loadTimeout: 'loads.md#timeouts',
  nullTtl: 'staleness.md#negative-caching',
  schema: 'keys-and-values.md#schemas',
  signal: 'loads.md#signals',
  key: 'loads.md#wrap',
  name: 'namespaces.md#the-name-of-a-cache',
  store: 'adapters.md',
  storeTimeout: 'outages.md#the-deadline',
  maxEntries: 'memory.md#bounds',
  maxBytes: 'memory.md#bounds',
  maxEntryBytes: 'memory.md#large-values',
  eviction: 'memory.md#which-entry-goes',
  share: 'keys-and-values.md#who-may-change-a-value',
  clock: 'testing.md#manualclock',
  probe: 'tiers.md#measure-it-on-your-own-system',
  near: 'tiers.md#a-memory-of-its-own',
  far: 'tiers.md',
  maxStaleness: 'tiers.md#the-bound',
  nearTtl: 'tiers.md#nearttl',
  whenFarIsDown: 'tiers.md#when-far-is-down',
  farWrites: 'tiers.md#far-writes',
  client: 'redis.md#set-up',
  link: 'links.md',
  drain: 'start.md#8-an-orderly-end',
}

/** The members of an interface: name, type and comment of each. */
const members = ({ file, name }) => {
  const text = readFileSync(path.join(root, file), 'utf8')
  const body = new RegExp(`export interface ${name}\\b[^\\n]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1]
  if (body === undefined) throw new Error(`${file} has no interface ${name}`)
  const member =
    /(?:^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^ {2}readonly (\w+)(\?)?: (\{\n[\s\S]*?\n {2}\}|[^\n]+)/gm
  return [...body.matchAll(member)].map(([, comment = '', option, optional, type]) => {
    const said = comment.replace(/\s*\n\s*\*?\s*/g, ' ').trim()
    const [what = '', otherwise] = said.split(/(?:^|\s)Default: /)
    return {
      option,
      isRequired: optional === undefined,
      type: type
        .replace(/\n\s*\}/, ' }')
        .replace(/\{\n\s*/, '{ ')
        .replace(/\n\s*/g, '; '),
      what,
      otherwise: otherwise?.replace(/\.$/, ''),
    }
  })
}

const cell = (text) => text.trim().replaceAll('|', '\\|')

const row =
  (pages) =>
  ({ option, isRequired, type, what, otherwise }) => {
    const link = pages[option] === undefined ? `\`${option}\`` : `[\`${option}\`](${pages[option]})`
    const fallback = isRequired ? 'required' : (otherwise ?? '–')
    return `| ${link} | \`${cell(type)}\` | ${cell(what)} | ${cell(fallback)} |`
  }

const section = (group) =>
  [
    `## ${group.title}`,
    '',
    ...(group.intro === '' ? [] : [group.intro, '']),
    '| option | type | what it does | default |',
    '|---|---|---|---|',
    ...members(group).map(row(group.explained ?? explained)),
    '',
  ].join('\n')

const text = `<!-- Written by scripts/options-table.mjs from the comments of the sources. Do not edit. -->

# Options

Every option there is. An unknown name, or a value of the wrong kind, is a \`TypeError\` at once that lists all problems
together, each with the nearest right name. An option that is \`undefined\` counts as not given.

A \`Duration\` is a number of ms or a text: \`250\`, \`'250ms'\`, \`'10s'\`, \`'5m'\`, \`'2h'\`, \`'7d'\`; \`Infinity\` is for ever. Zero,
negative numbers, \`NaN\` and texts without a unit are refused; only the two stale windows may be 0. A \`ByteSize\` is a
number of bytes or a text: \`'64kb'\`, \`'64mb'\`, \`'1gb'\`; a kb is 1,024 bytes.

${groups.map(section).join('\n')}`

if (process.argv.includes('--check')) {
  const isSame = readFileSync(page, 'utf8') === text
  if (!isSame) console.error('docs/options.md is not what the sources say: node scripts/options-table.mjs')
  process.exitCode = isSame ? 0 : 1
} else {
  writeFileSync(page, text)
}
