/*
 * MessagePack, by msgpackr: a fifth smaller than JSON, and bytes stay bytes. What msgpackr is not asked to do:
 *
 *   - records and shared structures: smaller and faster, but state, which another process does not have;
 *   - extensions: they are registered for the whole process, by anybody, and make instances (of Error, RegExp …) and
 *     functions (for records) of what bytes say. Dates, maps and the rest are written in forms instead, as in JSON.
 *
 * Reading goes over the bytes once before msgpackr does (wellformed.ts), so that it never sees any of these.
 */

import { type Serializer, serializerOf } from '@larder/core'
import { Packr, RESERVE_START_SPACE } from 'msgpackr'
import { assertPlain } from './wellformed.ts'

const packr: Packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  moreTypes: false,
  structuredClone: false,
  bundleStrings: false,
  // Else every object costs two bytes more, and none may have more than 65,535 names.
  variableMapSize: true,
  useToJSON: false,
  // Bytes of a value are its own: a view would keep the whole record alive, and change with it.
  copyBuffers: true,
})

const SERIALIZER: Serializer = serializerOf({
  id: 2,
  name: 'msgpack',
  marker: 0xc1, // never used by MessagePack
  keepsBytes: true,
  // NaN and the infinities are floats; -0 is packed as the integer.
  keepsNumber: (value) => !Object.is(value, -0),
  keepsText: isWellFormed,
  write: (plain, room) => packr.pack(plain, room === 0 ? 0 : RESERVE_START_SPACE | room),
  read(bytes, deepest, from) {
    // As a Uint8Array, so that what it copies of it is one too, and no Buffer.
    const packed = new Uint8Array(bytes.buffer, bytes.byteOffset + from, bytes.byteLength - from)
    assertPlain(packed, deepest)
    return packr.unpack(packed) as unknown
  },
})

/** Whether UTF-8 can hold it. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}

/**
 * The serializer for MessagePack.
 *
 * @example
 * codec({ serializer: msgpack() })
 */
export function msgpack(): Serializer {
  return SERIALIZER
}
