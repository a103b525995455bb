/*
 * Numbers in bytes, big-endian. Without a DataView: making one costs more than reading all that a head holds.
 */

/** A byte that is there. */
export const u8 = (bytes: Uint8Array, at: number): number => bytes[at] as number

export const u16 = (bytes: Uint8Array, at: number): number => (u8(bytes, at) << 8) | u8(bytes, at + 1)

export const i32 = (bytes: Uint8Array, at: number): number =>
  (u8(bytes, at) << 24) | (u8(bytes, at + 1) << 16) | (u8(bytes, at + 2) << 8) | u8(bytes, at + 3)

export const u32 = (bytes: Uint8Array, at: number): number => i32(bytes, at) >>> 0

const scratch = new DataView(new ArrayBuffer(8))

export function f64(bytes: Uint8Array, at: number): number {
  scratch.setInt32(0, i32(bytes, at))
  scratch.setInt32(4, i32(bytes, at + 4))
  return scratch.getFloat64(0)
}

export function f32(bytes: Uint8Array, at: number): number {
  scratch.setInt32(0, i32(bytes, at))
  return scratch.getFloat32(0)
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function putF64(bytes: Uint8Array, at: number, value: number): void {
  scratch.setFloat64(0, value)
  putU32(bytes, at, scratch.getInt32(0))
  putU32(bytes, at + 4, scratch.getInt32(4))
}

export function putF32(bytes: Uint8Array, at: number, value: number): void {
  scratch.setFloat32(0, value)
  putU32(bytes, at, scratch.getInt32(0))
}
