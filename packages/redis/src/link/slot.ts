/*
 * Which of the 16,384 slots of a cluster a key belongs to: CRC16 (XMODEM) of its {hash tag}, or of all of it.
 */

export const SLOTS = 16_384

const TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc & 0xffff
})

export function slotOf(key: string): number {
  const opens = key.indexOf('{')
  const closes = opens === -1 ? -1 : key.indexOf('}', opens + 1)
  const hashed = closes > opens + 1 ? key.slice(opens + 1, closes) : key
  let crc = 0
  for (const byte of Buffer.from(hashed))
    crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ byte) & 0xff] ?? 0)
  return crc % SLOTS
}
