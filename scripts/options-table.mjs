/*
 * docs/options.md, from the comments of the sources: each option has one description, and it stands beside its type.
 *
 *   node scripts/options-table.mjs            writes the page
 *   node scripts/options-table.mjs --check    ends with 1 if the page is not what it would write
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './packages.mjs'

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
  { title: 'close', file: 'packages/core/src/cache.ts', name: 'CloseOptions', intro: '' },
]

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
