/*
 * Numbers in bytes, big-endian. Without a DataView: making one costs more than reading all that a head holds.
 */

/** A byte that is there. */
export const u8 = (bytes: Uint8Array, at: number): number => bytes[at] as number

export const u16 = (bytes: Uint8Array, at: number): number => (u8(bytes, at) << 8) | u8(bytes, at + 1)

export const u32 = (bytes: Uint8Array, at: number): number =>
  ((u8(bytes, at) << 24) | (u8(bytes, at + 1) << 16) | (u8(bytes, at + 2) << 8) | u8(bytes, at + 3)) >>> 0

const scratch = new DataView(new ArrayBuffer(8))

export function f64(bytes: Uint8Array, at: number): number {
  scratch.setUint32(0, u32(bytes, at))
  scratch.setUint32(4, u32(bytes, at + 4))
  return scratch.getFloat64(0)
}

export function f32(bytes: Uint8Array, at: number): number {
  scratch.setUint32(0, u32(bytes, at))
  return scratch.getFloat32(0)
}
