/*
 * Which of the 16,384 slots of a cluster a key belongs to: CRC16 (XMODEM) of the key, or of what is in its first braces.
 */

export const SLOTS = 16_384

/**
 * The slot of a key in a cluster: of all of it, or of what stands between braces.
 *
 * @example
 * slotOf('user:1')          // 10778
 * slotOf('{users}:1') === slotOf('{users}:2')
 */
export function slotOf(key: string): number {
  return crc16(Buffer.from(hashed(key))) % SLOTS
}

function hashed(key: string): string {
  const open = key.indexOf('{')
  const close = key.indexOf('}', open + 1)
  return open < 0 || close <= open + 1 ? key : key.slice(open + 1, close)
}

function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1
  }
  return crc
}
