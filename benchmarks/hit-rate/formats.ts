/*
 * The formats of traces whose records are lines: what a line of each looks like, and which accesses it stands for.
 *
 *   format    suffix            a record
 *   lines     .txt .trc .trace  one key in a line (LIRS; lines of * are left out)
 *   arc       .lis .arc         "first-block how-many ignored number" (ARC: each block is an access)
 *   spc       .spc              "unit,block,bytes,R|W,seconds" (UMass; each 512 bytes of it … one access a 4 KB block)
 *   twitter   .twitter          "time,key,key size,value size,client,operation,ttl" (Twitter cache traces)
 *   meta      .meta             CSV with a head that names key, op and size (CacheLib)
 *   csv       .csv              "time,key,size" or "time,key", with or without a head (libCacheSim)
 *   monitor   .monitor          what MONITOR of Redis prints: reads count, each key of its database
 */
import { TraceBuilder } from './trace.ts'

/** Reads a line into accesses; undefined if it is none of this format. */
type LineReader = (line: string, to: TraceBuilder) => boolean

export interface LineFormat {
  readonly suffixes: readonly string[]
  /** What a line should look like, for those who have another. */
  readonly looks: string
  /** A reader for one file; some learn from its first line. */
  readonly open: () => LineReader
}

const BLOCK = 4_096
const WHOLE = /^\d+$/u
const READS = new Set(['get', 'gets', 'read'])

export const formats: Readonly<Record<string, LineFormat>> = {
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
        if (key === undefined || key === '' || time === '' || Number.isNaN(Number(time))) return false
        if (size !== undefined && !isWhole(size)) return false
        to.add(key, size === undefined ? undefined : Math.max(1, Number(size)))
        return true
      }
    },
  },
  monitor: {
    suffixes: ['.monitor'],
    looks: 'seconds [database client] "command" "key" …',
    open: () => (line, to) => {
      if (line === 'OK') return true
      const [, database, said = ''] = /^\+?\d+\.\d+ \[(\d+) [^\]]*\] (".*)$/u.exec(line) ?? []
      if (database === undefined) return false
      const [command = '', ...words] = [...said.matchAll(WORD)].map(([, word = '']) => word)
      const read = command.toLowerCase()
      if (!MONITORED.has(read)) return true
      for (const key of read === 'mget' ? words : words.slice(0, 1)) to.add(`${database}:${key}`)
      return true
    },
  },
}

/** A word of MONITOR, as it is escaped there. */
const WORD = /"((?:[^"\\]|\\.)*)"/gu
/** Commands of Redis that ask for what is under a key; mget for several. */
const MONITORED = new Set(['get', 'getex', 'mget', 'hget', 'hgetall', 'hmget', 'getrange'])

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

/** Formats that a file of some suffix may have; the last is what it is if it looks like none. */
const MAY_BE: Readonly<Record<string, readonly string[]>> = {
  '.csv': ['meta', 'twitter', 'csv'],
  '.txt': ['monitor', 'lines'],
}
const ANY = ['monitor', 'arc', 'spc', 'twitter', 'meta', 'csv', 'lines']

/** By the suffix of its name; where that says several or nothing, by its first lines. */
export function formatOf(suffix: string, first: readonly string[]): string {
  const [format] =
    Object.entries(formats).find(
      ([, { suffixes }]) => suffixes.includes(suffix) && MAY_BE[suffix] === undefined,
    ) ?? []
  if (format !== undefined) return format
  const candidates = MAY_BE[suffix] ?? ANY
  return candidates.find((each) => isAll(each, first)) ?? candidates.at(-1) ?? 'lines'
}

function isAll(format: string, lines: readonly string[]): boolean {
  const read = formats[format]?.open()
  const nowhere = new TraceBuilder()
  return read !== undefined && lines.every((line) => read(line, nowhere))
}
