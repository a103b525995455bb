/*
 * When does each serializer and each compressor pay, by size and kind of data?
 *
 *   node --import tsx benchmarks/questions/bytes.ts [--quick]
 *
 * A program of its own, since its answers are tables and not one ratio. All candidates of a row take turns in one
 * process, many short rounds each; a figure is the median of its rounds. What is measured is checked first. Without
 * `--quick` the tables are written into docs/codecs.md, between the marks for this version of Node.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { brotli, gzip, hasZstd, lz4, msgpack, sealed, zstd } from '@larder/codecs'
import { type Compressor, json, type Serializer } from '@larder/core'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 5 : 41
const ROUND_MS = isQuick ? 1 : 4
const SIZES = [500, 1_000, 2_000, 4_000, 16_000, 64_000, 256_000]

let state = 1
/** The same data in every run. */
function chance(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}
const words =
  'the of cache value key time when that is read from a store and written by one who knows it best'.split(' ')
const word = (): string => words[chance(words.length)] ?? ''
const id = (): string => Array.from({ length: 32 }, () => chance(16).toString(16)).join('')
const day = (): Date => new Date(1_767_225_600_000 + chance(31_536_000) * 1_000)

interface Kind {
  readonly name: string
  readonly part: () => unknown
}

const kinds: readonly Kind[] = [
  {
    name: 'records',
    part: () => ({
      id: id(),
      name: `${word()} ${word()}`,
      price: chance(100_000) / 100,
      active: chance(2) === 1,
      tags: [word(), word()],
      at: day().toISOString(),
    }),
  },
  { name: 'prose', part: () => Array.from({ length: 12 }, word).join(' ') },
  { name: 'random ids', part: id },
  { name: 'numbers', part: () => chance(1e9) / 1e6 },
]
const rich: Kind = {
  name: 'records with dates and maps',
  part: () => ({
    id: id(),
    at: day(),
    roles: new Set([word(), word()]),
    seen: new Map([[word(), day()]]),
    of: word(),
  }),
}

function valueOf({ part }: Kind, size: number): unknown[] {
  const list: unknown[] = []
  for (let length = 0; length < size;) {
    const one = part()
    list.push(one)
    length += json().serialize(one).length + 1
  }
  return list
}

/** Microseconds of each, by turns. */
function measured(works: readonly (() => unknown)[]): number[] {
  const now = (): number => Number(process.hrtime.bigint()) / 1_000
  const counts = works.map((work) => {
    for (let i = 0; i < 50; i++) work()
    const start = now()
    work()
    return Math.max(1, Math.round((ROUND_MS * 1_000) / Math.max(0.5, now() - start)))
  })
  const rounds: number[][] = works.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    works.forEach((work, i) => {
      const count = counts[i] ?? 1
      const start = now()
      for (let n = 0; n < count; n++) work()
      rounds[i]?.push((now() - start) / count)
    })
  }
  return rounds.map((each) => each.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN)
}

const shown = (value: number): string =>
  value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function serializerRows(): string {
  const both: readonly Serializer[] = [json(), msgpack()]
  const rows = [...kinds.slice(0, 1), ...kinds.slice(3), rich].flatMap((kind) =>
    [500, 4_000, 64_000].map((size) => {
      const value = valueOf(kind, size)
      const bytes = both.map((by) => by.serialize(value))
      both.forEach((by, i) => {
        if (JSON.stringify(by.deserialize(bytes[i] ?? new Uint8Array(0))) !== JSON.stringify(value))
          throw new Error(by.name)
      })
      const plain =
        kind === rich ? [] : [() => JSON.stringify(value), () => JSON.parse(JSON.stringify(value)) as unknown]
      const [jsonWrite = 0, packWrite = 0, jsonRead = 0, packRead = 0, bare = Number.NaN] = measured([
        ...both.map((by) => () => by.serialize(value)),
        ...both.map((by, i) => () => by.deserialize(bytes[i] ?? new Uint8Array(0))),
        ...plain.slice(1),
      ])
      const [a = 0, b = 0] = bytes.map(({ length }) => length)
      return [
        kind.name,
        a.toLocaleString('en'),
        `${Math.round((b / a) * 100)} %`,
        `${shown(jsonWrite)} + ${shown(jsonRead)}`,
        `${shown(packWrite)} + ${shown(packRead)}`,
        `${((packWrite + packRead) / (jsonWrite + jsonRead)).toFixed(2)} ×`,
        Number.isNaN(bare) ? '–' : `${((jsonWrite + jsonRead) / bare).toFixed(2)} ×`,
      ]
    }),
  )
  return table(
    ['data', 'JSON, B', 'msgpack', 'json, µs', 'msgpack, µs', 'msgpack : json', 'json : bare JSON'],
    rows,
  )
}

function compressorRows(): string {
  const sync = { above: 1, asyncAbove: Infinity } as const
  const all: readonly Compressor[] = [lz4(sync), ...(hasZstd ? [zstd(sync)] : []), gzip(sync), brotli(sync)]
  const rows = kinds.flatMap((kind) =>
    SIZES.filter((size) => kind.name === 'records' || [1_000, 4_000, 64_000].includes(size)).map((size) => {
      const raw = json().serialize(valueOf(kind, size))
      const packed = all.map((by) => by.compress(raw) as Uint8Array)
      all.forEach((by, i) => {
        const back = by.decompress(packed[i] ?? raw, raw.length) as Uint8Array
        if (!Buffer.from(back).equals(raw)) throw new Error(by.name)
      })
      const times = measured([
        ...all.map((by) => () => by.compress(raw)),
        ...all.map((by, i) => () => by.decompress(packed[i] ?? raw, raw.length)),
      ])
      return [
        kind.name,
        raw.length.toLocaleString('en'),
        ...all.map((_, i) => {
          const size_ = packed[i]?.length ?? raw.length
          const [write = 0, read = 0] = [times[i], times[i + all.length]]
          // Bits that need not go over the wire in a write and a read, by the time both take.
          const pays = ((raw.length - size_) * 8 * 2) / (write + read) / 1_000
          return `${Math.round((size_ / raw.length) * 100)} %, ${shown(write)} + ${shown(read)}, ${pays <= 0 ? 'never' : pays.toFixed(2)}`
        }),
      ]
    }),
  )
  return table(['data', 'raw, B', ...all.map(({ name }) => name)], rows)
}

/** How long the event loop stands still: at once, and with the work handed to a thread. */
async function standingRows(): Promise<string> {
  const makers = [lz4, ...(hasZstd ? [zstd] : []), gzip, brotli]
  const rows: string[][] = []
  for (const size of [16_000, 64_000, 128_000, 256_000, 1_000_000]) {
    const raw = json().serialize(valueOf(kinds[0] ?? rich, size))
    const cells: string[] = []
    for (const make of makers) {
      const [atOnce = 0] = measured([() => make({ asyncAbove: Infinity }).compress(raw)])
      const elsewhere: number[] = []
      const whole: number[] = []
      const by = make({ asyncAbove: 1 })
      for (let round = 0; round < ROUNDS; round++) {
        const start = process.hrtime.bigint()
        const packed = by.compress(raw)
        elsewhere.push(Number(process.hrtime.bigint() - start) / 1_000)
        await packed
        whole.push(Number(process.hrtime.bigint() - start) / 1_000)
      }
      const middle = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0
      cells.push(`${shown(atOnce)}; ${shown(middle(elsewhere))} of ${shown(middle(whole))}`)
    }
    rows.push([raw.length.toLocaleString('en'), ...cells])
  }
  return table(['raw, B', ...makers.map((make) => make.name)], rows)
}

function sealingRows(): string {
  const sealer = sealed({ keys: { k1: new Uint8Array(32) }, current: 'k1' })
  const rows = [100, 1_000, 10_000, 100_000].map((size) => {
    const raw = new Uint8Array(size).fill(7)
    const bytes = Buffer.concat([...sealer.seal(raw, [])])
    const [seal = 0, open = 0] = measured([() => sealer.seal(raw, []), () => sealer.open(bytes, [])])
    return [size.toLocaleString('en'), `${bytes.length - size}`, shown(seal), shown(open)]
  })
  return table(['payload, B', 'more bytes', 'seal, µs', 'open, µs'], rows)
}

const sections = [
  `Node ${process.version}, ${process.arch}; median of ${ROUNDS} rounds, candidates by turns.`,
  '**Serializers**: microseconds to write + to read. The last column is what judging and forms cost over `JSON.parse(JSON.stringify(value))`.',
  serializerRows(),
  '**Compressors**: what is left of the raw bytes; microseconds to pack + to unpack; the speed of the link in Gbit/s below which one write and one read are faster with it than without.',
  compressorRows(),
  '**Threads**: microseconds for which the event loop stands still when packing at once; and when it is left to a thread, of the microseconds until it is done.',
  await standingRows(),
  '**Sealing**:',
  sealingRows(),
].join('\n\n')
console.log(sections)

if (!isQuick) {
  const page = new URL('../../docs/codecs.md', import.meta.url)
  const major = process.version.split('.')[0] ?? ''
  const mark = new RegExp(`(<!-- figures ${major} -->\n)[^]*?(<!-- end ${major} -->)`)
  const text = readFileSync(page, 'utf8')
  if (!mark.test(text)) throw new Error(`docs/codecs.md has no marks for figures of ${major}`)
  writeFileSync(
    page,
    text.replace(mark, (_, opens: string, closes: string) => `${opens}\n${sections}\n\n${closes}`),
  )
}
