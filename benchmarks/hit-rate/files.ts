/*
 * Traces from files, in the formats in which they are published.
 *
 *   format          suffix            a record
 *   lines           .txt .trc .trace  one key in a line (LIRS; lines of * are left out)
 *   arc             .lis .arc         "first-block how-many ignored number" (ARC: each block is an access)
 *   spc             .spc              "unit,block,bytes,R|W,seconds" (UMass; each 512 bytes of it … one access a 4 KB block)
 *   twitter         .twitter          "time,key,key size,value size,client,operation,ttl" (Twitter cache traces)
 *   meta            .meta             CSV with a head that names key, op and size (CacheLib)
 *   csv             .csv              "time,key,size" with or without a head (libCacheSim)
 *   oracleGeneral   .oracleGeneral    24 bytes: time u32, key u64, size u32, next access i64 (libCacheSim)
 *
 * A format may be said (`file.csv:twitter`); otherwise the name says it, or the first line. `.gz`, and `.zst` where this Node
 * can, are unpacked on the way. What cannot be read is an error with the file and the line.
 */
import { createReadStream, statSync } from 'node:fs'
import path from 'node:path'
import * as zlib from 'node:zlib'
import { type Trace, TraceBuilder } from './trace.ts'

/** Reads a line into accesses; undefined if it is none of this format. */
type LineReader = (line: string, to: TraceBuilder) => boolean

interface LineFormat {
  readonly suffixes: readonly string[]
  /** What a line should look like, for those who have another. */
  readonly looks: string
  /** A reader for one file; some learn from its first line. */
  readonly open: () => LineReader
}

const BLOCK = 4_096
const WHOLE = /^\d+$/u
const READS = new Set(['get', 'gets', 'read'])

const formats: Readonly<Record<string, LineFormat>> = {
  lines: {
    suffixes: ['.txt', '.trc', '.trace', '.keys'],
    looks: 'key',
    open: () => (line, to) => {
      if (line !== '*') to.add(line)
      return true
    },
  },
  arc: {
    suffixes: ['.lis', '.arc'],
    looks: 'first-block how-many ignored number',
    open: () => (line, to) => {
      const [first, many, ...rest] = line.split(/\s+/u)
      if (!isWhole(first) || !isWhole(many) || rest.length > 2) return false
      for (let block = 0; block < Number(many); block++) to.add(Number(first) + block)
      return true
    },
  },
  spc: {
    suffixes: ['.spc'],
    looks: 'unit,block,bytes,R|W,seconds',
    open: () => (line, to) => {
      const [unit, block, bytes, operation] = line.split(',')
      if (!isWhole(unit) || !isWhole(block) || !isWhole(bytes) || !/^[rw]$/iu.test(operation ?? ''))
        return false
      const start = Number(block) * 512
      const last = Math.floor((start + Math.max(1, Number(bytes)) - 1) / BLOCK)
      for (let at = Math.floor(start / BLOCK); at <= last; at++) to.add(`${unit}:${at}`, BLOCK)
      return true
    },
  },
  twitter: {
    suffixes: ['.twitter'],
    looks: 'time,key,key size,value size,client,operation,ttl',
    open: () => (line, to) => {
      const parts = line.split(',')
      // Keys may have commas in them: the fields behind are counted from the end.
      const [keySize, valueSize, , operation, ttl] = parts.slice(-5)
      const key = parts.slice(1, -5).join(',')
      if (parts.length < 7 || key === '' || !isWhole(keySize) || !isWhole(valueSize) || !isWhole(ttl))
        return false
      if (READS.has(operation ?? '')) to.add(key, Number(keySize) + Number(valueSize))
      return true
    },
  },
  meta: {
    suffixes: ['.meta'],
    looks: 'a first line that names the columns: key, op, size (and others)',
    open: () => {
      let columns: Columns | undefined
      return (line, to) => {
        const parts = line.split(',')
        if (columns === undefined) {
          columns = columnsOf(parts)
          return columns.key >= 0
        }
        const key = parts[columns.key]
        if (key === undefined || key === '') return false
        const operation = parts[columns.operation]?.toLowerCase()
        if (operation !== undefined && !operation.startsWith('get') && !READS.has(operation)) return true
        const size = parts[columns.size]
        to.add(key, isWhole(size) ? Math.max(1, Number(size)) : 1)
        return true
      }
    },
  },
  csv: {
    suffixes: ['.csv'],
    looks: 'time,key,size',
    open: () => {
      let isFirst = true
      return (line, to) => {
        const [time, key, size] = line.split(/[,\t]/u).map((part) => part.trim())
        const isHead = isFirst && Number.isNaN(Number(time))
        isFirst = false
        if (isHead) return true
        if (key === undefined || key === '' || Number.isNaN(Number(time)) || !isWhole(size)) return false
        to.add(key, Math.max(1, Number(size)))
        return true
      }
    },
  },
}

interface Columns {
  readonly key: number
  readonly operation: number
  readonly size: number
}

function columnsOf(head: readonly string[]): Columns {
  const names = head.map((name) => name.trim().toLowerCase())
  const at = (...wanted: string[]): number => names.findIndex((name) => wanted.includes(name))
  return {
    key: at('key', 'cachekey', 'blockid', 'block_id'),
    operation: at('op', 'operation', 'op_name'),
    size: at('size', 'value_size', 'object_size', 'objectsize', 'responsesize', 'io_size'),
  }
}

const isWhole = (text: string | undefined): text is string => text !== undefined && WHOLE.test(text)

const RECORD = 24
const ORACLE = 'oracleGeneral'

export const formatNames: readonly string[] = [...Object.keys(formats), ORACLE]

/** Reads `file`, or `file:format`; of a longer trace the first `most` accesses. */
export async function traceFrom(given: string, most: number): Promise<Trace> {
  const [file, said] = splitFormat(given)
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new Error(`${file}: there is no such file`)
  const plain = file.replace(/\.(?:gz|zst)$/u, '')
  const format = said ?? formatOf(plain)
  const to = new TraceBuilder()
  const bytes = chunksOf(file)
  if (format === ORACLE) await readRecords(file, bytes, to, most)
  else await readLines(file, bytes, format, to, most)
  if (to.length === 0) throw new Error(`${file}: no access in it, read as ${format}`)
  const trace = to.trace(path.basename(plain))
  return { ...trace, accesses: trace.accesses.subarray(0, most) }
}

function splitFormat(given: string): [file: string, format: string | undefined] {
  const at = given.lastIndexOf(':')
  const format = given.slice(at + 1)
  if (at > 0 && formatNames.includes(format)) return [given.slice(0, at), format]
  return [given, undefined]
}

function formatOf(file: string): string {
  const suffix = path.extname(file)
  if (/\.oraclegeneral(?:\.bin)?$/iu.test(file)) return ORACLE
  const found = Object.entries(formats).find(([, { suffixes }]) => suffixes.includes(suffix.toLowerCase()))
  if (found !== undefined) return found[0]
  throw new Error(
    `${file}: which format is it? Say it behind the name: ${formatNames.map((name) => `:${name}`).join(' ')}`,
  )
}

/** The bytes of a file, unpacked. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const raw = createReadStream(file)
  const unpacker = file.endsWith('.gz') ? zlib.createGunzip() : file.endsWith('.zst') ? zstd(file) : undefined
  if (unpacker !== undefined) raw.on('error', (error) => unpacker.destroy(error))
  const from: AsyncIterable<Buffer> = unpacker === undefined ? raw : raw.pipe(unpacker)
  try {
    yield* from
  } catch (error) {
    throw new Error(`${file}: cannot be read: ${String(error)}`, { cause: error })
  } finally {
    raw.destroy()
    unpacker?.destroy()
  }
}

function zstd(file: string): zlib.Gunzip {
  const make: unknown = Reflect.get(zlib, 'createZstdDecompress')
  if (typeof make !== 'function')
    throw new Error(`${file}: Node ${process.versions.node} cannot read zstd; unpack it first`)
  return Reflect.apply(make, zlib, []) as zlib.Gunzip
}

async function readLines(
  file: string,
  bytes: AsyncIterable<Buffer>,
  format: string,
  to: TraceBuilder,
  most: number,
): Promise<void> {
  const { open, looks } = formats[format] as LineFormat
  const read = open()
  let number = 0
  for await (const line of linesOf(bytes)) {
    number++
    const text = line.trim()
    if (text === '' || text.startsWith('#')) continue
    if (!read(text, to))
      throw new Error(
        `${file}, line ${number}: not of the format ${format}, which is ${looks}: "${text.slice(0, 80)}"`,
      )
    if (to.length >= most) return
  }
}

async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

async function readRecords(
  file: string,
  bytes: AsyncIterable<Buffer>,
  to: TraceBuilder,
  most: number,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk])
    let at = 0
    for (; at + RECORD <= rest.length; at += RECORD) {
      to.add(String(rest.readBigUInt64LE(at + 4)), Math.max(1, rest.readUInt32LE(at + 12)))
      if (to.length >= most) return
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) throw new Error(`${file}: ends in the middle of a record of ${RECORD} bytes`)
}
