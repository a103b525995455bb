/*
 * Frames of somebody who can write to the store.
 */
import { crc32 } from 'node:zlib'

export interface Forgery {
  readonly flags?: number
  readonly rawSize?: number
  readonly payload?: Uint8Array
}

/** A frame with other contents, and the right sums: what somebody makes who can write to the store. */
export function forged(frame: Uint8Array, { flags, rawSize, payload }: Forgery): Uint8Array {
  const old = Buffer.from(frame)
  const length = 56 + old.readUInt16BE(52) + old.readUInt16BE(54)
  const made = Buffer.concat([old.subarray(0, length), payload ?? old.subarray(length)])
  if (flags !== undefined) made[3] = flags
  if (rawSize !== undefined) made.writeUInt32BE(rawSize, 44)
  made.writeUInt32BE(crc32(made.subarray(length)), 48)
  made.writeUInt32BE(crc32(made.subarray(8, length), crc32(made.subarray(0, 4))), 4)
  return new Uint8Array(made)
}
