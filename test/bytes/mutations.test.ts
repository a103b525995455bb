/*
 * Damaged records are misses: 10^5 random damages for each codec, and not one wrong value.
 *
 * Then the same behind the sums: payloads of somebody who can write to the store and has done the sums. That may be a
 * value, since nothing but a seal says otherwise; but nothing that throws, and nothing but data.
 */
import { describe, expect, test } from 'vitest'
import { clock, codecs, KEY, type Named, place, RUNS } from './bench.ts'
import { forged } from './forged.ts'
import { isHarmless, isSame } from './same.ts'

const DAMAGES = 100_000 * RUNS
/** A seal is the same whatever is in it, and the slowest to look at: one serializer, without a compressor, has them all. */
const damagesOf = ({ name }: Named): number =>
  name.includes('sealed') && name !== 'json + sealed' ? DAMAGES / 10 : DAMAGES
const FORGERIES = 4_000 * RUNS

const value = {
  id: 42,
  name: 'Ada Lovelace',
  tags: ['a', 'b', 'a', 'b', 'a', 'b'],
  at: new Date(1),
  score: -0.5,
  more: {
    deep: [1, 2, 3, { x: 'é'.repeat(20) }],
    bytes: new Uint8Array([1, 2, 3]),
    map: new Map([['k', 1n]]),
  },
}

/** The same numbers in every run, so that what fails, fails again. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Damage = (bytes: Uint8Array, roll: (below: number) => number, other: Uint8Array) => Uint8Array

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const damages: readonly Damage[] = [
  function bit(bytes, roll) {
    const at = roll(bytes.length)
    return bytes.map((byte, i) => (i === at ? byte ^ (1 << roll(8)) : byte))
  },
  function byte(bytes, roll) {
    const at = roll(bytes.length)
    const by = 1 + roll(255)
    return bytes.map((each, i) => (i === at ? (each + by) & 0xff : each))
  },
  function burst(bytes, roll) {
    const from = roll(bytes.length)
    const to = from + 1 + roll(16)
    return bytes.map((each, i) => (i >= from && i < to ? roll(256) : each))
  },
  (bytes, roll) => bytes.subarray(0, roll(bytes.length)),
  (bytes, roll) => bytes.subarray(1 + roll(bytes.length - 1)),
  function longer(bytes, roll) {
    return joined(
      bytes,
      Uint8Array.from({ length: 1 + roll(8) }, () => roll(256)),
    )
  },
  function cutOut(bytes, roll) {
    const from = roll(bytes.length)
    return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + roll(8)))
  },
  function putIn(bytes, roll) {
    const at = roll(bytes.length)
    return joined(bytes.subarray(0, at), Uint8Array.of(roll(256)), bytes.subarray(at))
  },
  function torn(bytes, roll, other) {
    const at = roll(Math.min(bytes.length, other.length))
    return joined(bytes.subarray(0, at), other.subarray(at))
  },
  function zeroed(bytes, roll) {
    const from = roll(bytes.length)
    return bytes.map((each, i) => (i >= from ? 0 : each))
  },
]

describe.each(codecs)('$name', ({ name, codec }: Named) => {
  const count = damagesOf({ name, codec })

  test(`of ${count} damaged records none is a wrong value`, { timeout: 60_000 * RUNS }, async () => {
    const { write, read } = place(codec)
    const right = await write(value)
    const other = await write({ ...value, id: 43, name: 'Ida Lovelace' })
    const roll = dice(1)
    const reasons = new Map<string, number>()
    const wrong: unknown[] = []

    for (let i = 0; i < count; i++) {
      const damage = damages[i % damages.length]
      const damaged = damage?.(right, roll, other) ?? right
      const entry = read(damaged)
      const found = entry instanceof Promise ? await entry : entry
      if (typeof found === 'string') reasons.set(found, (reasons.get(found) ?? 0) + 1)
      else if (!isSame(found.value, value) && !Buffer.from(damaged).equals(other)) wrong.push(found.value)
      else if (!Buffer.from(damaged).equals(right) && !Buffer.from(damaged).equals(other))
        wrong.push('believed')
    }

    expect(wrong).toEqual([])
    // The rest are those that changed nothing.
    expect([...reasons.values()].reduce((sum, each) => sum + each, 0)).toBeGreaterThan(count * 0.85)
  })

  test(`of ${FORGERIES} forged payloads with right sums none throws, and none makes more than data`, async () => {
    const { write, read } = place(codec)
    const right = await write(value)
    const isSealed = codec.sealer !== undefined
    const roll = dice(2)
    const at = 56 + ((right[52] ?? 0) << 8) + (right[53] ?? 0) + ((right[54] ?? 0) << 8) + (right[55] ?? 0)
    const payload = right.subarray(at)
    const harmful: unknown[] = []
    let believed = 0

    for (let i = 0; i < FORGERIES; i++) {
      const made = damages[i % damages.length]?.(payload, roll, payload) ?? payload
      const rawSize = codec.compressor === undefined && !isSealed ? made.length : undefined
      const found = await read(forged(right, { payload: made, ...(rawSize !== undefined && { rawSize }) }))
      if (typeof found === 'string') continue
      if (!isHarmless(found.value)) harmful.push(found.value)
      if (!isSame(found.value, value)) believed++
    }

    expect(harmful).toEqual([])
    expect(Object.keys(Object.prototype)).toEqual([])
    // A seal lets nothing through; sums alone do.
    if (isSealed) expect(believed).toBe(0)
    if (codec.compressor === undefined && !isSealed) expect(believed).toBeGreaterThan(0)
  }, 60_000)
})

test('every single bit of a record matters', async () => {
  for (const { codec } of codecs) {
    const { write, read } = place(codec)
    const right = await write(value)

    for (let bit = 0; bit < right.length * 8; bit++) {
      const damaged = right.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(typeof (await read(damaged))).toBe('string')
    }
  }
})

test('a record that is cut off anywhere is a miss', async () => {
  for (const { codec } of codecs) {
    const { write, read } = place(codec)
    const right = await write(value)

    for (let length = 0; length < right.length; length++) {
      expect(typeof (await read(right.subarray(0, length)))).toBe('string')
    }
    expect(await read(right)).toMatchObject({ freshUntil: clock.now() + 300_000 })
  }
})

test('random bytes are a miss, and so is what begins like a frame', async () => {
  const roll = dice(3)
  for (const { codec } of codecs) {
    const { read } = place(codec)
    for (let i = 0; i < 500 * RUNS; i++) {
      const rubbish = Uint8Array.from({ length: roll(200) }, () => roll(256))
      if (i % 2 === 0) rubbish.set([0x4c, 0x61, 1, roll(128)].slice(0, rubbish.length))
      expect(typeof (await read(rubbish, KEY))).toBe('string')
    }
  }
})
