/*
 * Traces from files, in the formats in which they are published: those of lines (formats.ts), and
 *
 *   oracleGeneral   .oracleGeneral    24 bytes: time u32, key u64, size u32, next access i64 (libCacheSim)
 *
 * A format may be said (`file.csv:twitter`); otherwise the name says it, or the first lines. `.gz` and `.zst` are unpacked on the
 * way. What cannot be read is an error with the file and the line.
 */
import { spawn } from 'node:child_process'
import { createReadStream, statSync } from 'node:fs'
import path from 'node:path'
import { PassThrough, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { formatOf, formats, type LineFormat } from './formats.ts'
import { type Trace, TraceBuilder } from './trace.ts'

const RECORD = 24
const ORACLE = 'oracleGeneral'

export const formatNames: readonly string[] = [...Object.keys(formats), ORACLE]

/** Reads `file`, or `file:format`; of a longer trace the first `most` accesses. */
export async function traceFrom(given: string, most: number): Promise<Trace> {
  const [file, said] = splitFormat(given)
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new Error(`${file}: there is no such file`)
  const plain = file.replace(/\.(?:gz|zst)$/u, '')
  const format = said ?? (await formatOfFile(file, plain))
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

/** Of a file of which nothing was said. */
async function formatOfFile(file: string, plain: string): Promise<string> {
  if (/\.oraclegeneral(?:\.bin)?$/iu.test(plain)) return ORACLE
  let first: Buffer = Buffer.alloc(0)
  for await (const chunk of chunksOf(file)) {
    first = chunk
    break
  }
  if (first.includes(0))
    throw new Error(
      `${file}: which format is it? Say it behind the name: ${formatNames.map((name) => `:${name}`).join(' ')}`,
    )
  return formatOf(path.extname(plain).toLowerCase(), firstLines(first.toString()))
}

/** What a format is told by. The last line of many may be cut off. */
function firstLines(text: string): readonly string[] {
  const lines = text.split('\n')
  const whole = lines.length > SOME ? lines.slice(0, SOME) : lines
  return whole.map((line) => line.trim()).filter(isRecord)
}
const SOME = 20
const isRecord = (text: string): boolean => text !== '' && !text.startsWith('#')

/** The bytes of a file, unpacked. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const [from, end] = file.endsWith('.zst') ? unpackedZstd(file) : opened(file)
  try {
    yield* from
  } catch (error) {
    throw new Error(`${file}: cannot be read: ${String(error)}`, { cause: error })
  } finally {
    end()
  }
}

type Opened = readonly [from: AsyncIterable<Buffer>, end: () => unknown]

function opened(file: string): Opened {
  return file.endsWith('.gz') ? through(file, zlib.createGunzip()) : through(file)
}

function through(file: string, unpacker?: Transform): Opened {
  const raw = createReadStream(file)
  if (unpacker === undefined) return [raw, () => raw.destroy()]
  raw.on('error', (error) => unpacker.destroy(error))
  return [
    raw.pipe(unpacker),
    () => {
      raw.destroy()
      unpacker.destroy()
    },
  ]
}

/** By Node, or where it is too old for that by the program of that name. */
function unpackedZstd(file: string): Opened {
  const make: unknown = Reflect.get(zlib, 'createZstdDecompress')
  if (typeof make === 'function') return through(file, Reflect.apply(make, zlib, []) as Transform)
  const child = spawn('zstd', ['-dc', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = new PassThrough()
  let said = ''
  child.stderr.on('data', (text) => (said += String(text)))
  child.stdout.pipe(output, { end: false })
  child.on('error', (error) => output.destroy(error))
  child.on('close', (code) => (code === 0 ? output.end() : output.destroy(new Error(said.trim()))))
  return [
    output,
    () => {
      child.kill()
      output.destroy()
    },
  ]
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
    if (!isRecord(text)) continue
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
