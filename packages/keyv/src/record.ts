/*
 * A record as it lies in a place: base64, since most of them keep texts; or the bytes, where they are kept.
 *
 * Reading takes either, bare or as { value, expires }, text or object: adapters differ in what they unpack, and data may
 * be older than a setting. What is none of these was not written here. It becomes bytes that are no frame, so that the
 * reader refuses it and says so.
 */

/**
 * How a place keeps what it is given.
 *
 * @example
 * const keeps: Keeps = 'bytes' // the backend gives back a Uint8Array as it was
 * const store = keyv({ store: backend, keeps })
 */
export type Keeps = 'text' | 'bytes'

interface Found {
  readonly bytes: Uint8Array
  /** ms since 1970. */
  readonly expires: number | undefined
}

export function written(bytes: Uint8Array, keeps: Keeps): string | Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return keeps === 'bytes' ? buffer : buffer.toString('base64')
}

/** Whether a place has found anything. One adapter says "nothing" by an envelope that is empty. */
export function isFound(found: unknown): boolean {
  return readRecord(found) !== undefined
}

export function readRecord(found: unknown): Found | undefined {
  if (found === undefined || found === null) return undefined
  const envelope = typeof found === 'string' && found.startsWith('{') ? parsed(found) : found
  if (!isEnvelope(envelope)) return { bytes: bytesOf(envelope), expires: undefined }
  const { value, expires } = envelope
  if (value === undefined || value === null) return undefined
  return { bytes: bytesOf(value), expires: typeof expires === 'number' && expires > 0 ? expires : undefined }
}

const isEnvelope = (found: unknown): found is { value: unknown; expires?: unknown } =>
  typeof found === 'object' && found !== null && 'value' in found

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const NO_FRAME = new Uint8Array(0)

function bytesOf(value: unknown): Uint8Array {
  // A plain Uint8Array on its own memory: a Buffer may be a view of a shared pool.
  if (value instanceof Uint8Array) return new Uint8Array(value)
  return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : NO_FRAME
}
