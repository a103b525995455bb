/*
 * Text and bytes. Node's Buffer converts short texts several times faster than TextEncoder does; where there is none,
 * the standard ones serve.
 */

type NodeBuffer = Uint8Array & { toString(encoding?: 'utf8' | 'base64'): string }

interface NodeBuffers {
  from(text: string, encoding: 'utf8' | 'base64'): NodeBuffer
  from(bytes: ArrayBufferLike, offset: number, length: number): NodeBuffer
  readonly prototype: { readonly utf8Slice?: (this: Uint8Array, from: number, to: number) => string }
}

const { Buffer: buffers } = globalThis as { Buffer?: NodeBuffers }
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function bytesOfText(text: string): Uint8Array {
  return buffers === undefined ? encoder.encode(text) : buffers.from(text, 'utf8')
}

/** Node's own way to the text in some bytes, without a Buffer around them. */
const slice = buffers?.prototype.utf8Slice

/** What is not UTF-8 becomes U+FFFD with Buffer, and throws without; a checksum has told before. */
export function textOfBytes(bytes: Uint8Array, from: number = 0, to: number = bytes.length): string {
  if (slice !== undefined) return slice.call(bytes, from, to)
  if (buffers === undefined) return decoder.decode(bytes.subarray(from, to))
  return buffers.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
}

export function base64Of(bytes: Uint8Array): string {
  if (buffers !== undefined) {
    return buffers.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  }
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

/** Bytes of their own, not a view of a pool. */
export function bytesOfBase64(text: string): Uint8Array {
  if (buffers !== undefined) return new Uint8Array(buffers.from(text, 'base64'))
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))
}

export const bufferPrototype: unknown = buffers?.prototype

/** A Uint8Array as such: no Buffer, no class on top of it. */
export function isPlainBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && Object.getPrototypeOf(value) === Uint8Array.prototype
}

/** Whether a store handed out bytes, also of another realm. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}

/** The same bytes as a Buffer, where there is such a thing. */
export function asBuffer(bytes: Uint8Array): Uint8Array {
  return buffers === undefined ? bytes : buffers.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
