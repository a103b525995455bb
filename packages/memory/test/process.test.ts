/*
 * What only a process of its own can show: that none is kept alive, and how much memory values really take.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

async function run(program: string, ...flags: string[]): Promise<string> {
  const args = [
    '--conditions=@larder/source',
    '--import',
    'tsx',
    ...flags,
    '--input-type=module',
    '--eval',
    program,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 20_000 })
  return stdout.trim()
}

test('a cache that is not closed keeps no process alive', { timeout: 30_000 }, async () => {
  const program = `
    import { createCache } from '@larder/core'
    import { memory } from '@larder/memory'
    const cache = createCache({ store: memory(), ttl: '1h', staleWhileRevalidate: '1h', loadTimeout: { soft: '1m', hard: '2m' } })
    await cache.set('k', 1)
    await cache.getOrSet('l', () => 2)
    await cache.getOrSetMany(['m', 'n'], () => [3, 4])
    process.on('exit', () => console.log('ended by itself'))
  `

  const said = await run(program)

  expect(said).toBe('ended by itself')
})

test('a load that never ends keeps no process alive', { timeout: 30_000 }, async () => {
  const program = `
    import { createCache } from '@larder/core'
    import { memory } from '@larder/memory'
    const cache = createCache({ store: memory(), ttl: '1h' })
    cache.getOrSet('k', () => new Promise(() => {})).catch(() => {})
    process.on('exit', () => console.log('ended by itself'))
  `

  const said = await run(program)

  expect(said).toBe('ended by itself')
})

const shapes = {
  'short texts': '(i) => "value number " + i',
  'long texts': '(i) => (i + " ").repeat(500)',
  'texts of another alphabet': '(i) => "данные " + String(i).repeat(50)',
  'small objects': '(i) => ({ id: i, name: "user " + i, active: true, score: i / 3 })',
  'nested objects':
    '(i) => ({ id: i, address: { city: "c" + i, zip: String(i) }, tags: ["a" + i, "b" + i], at: { y: i } })',
  'arrays of numbers': '(i) => Array.from({ length: 100 }, (_, j) => i + j)',
  'arrays of objects': '(i) => Array.from({ length: 20 }, (_, j) => ({ i, j, text: "t" + i + j }))',
  bytes: '(i) => new Uint8Array(1000 + i % 7)',
  maps: '(i) => new Map(Array.from({ length: 20 }, (_, j) => ["key " + i + j, i * j]))',
  numbers: '(i) => i',
}

test(
  'the estimate of bytes is within a factor of two of the memory that plain data takes',
  { timeout: 60_000 },
  async () => {
    const program = `
    import { entryOf, termsOf } from '@larder/core'
    import { memory } from '@larder/memory'
    const shapes = { ${Object.entries(shapes)
      .map(([name, make]) => `${JSON.stringify(name)}: ${make}`)
      .join(', ')} }
    const TERMS = termsOf(0, 0, [])
    const used = () => { gc(); gc(); const { heapUsed, arrayBuffers } = process.memoryUsage(); return heapUsed + arrayBuffers }
    const ratios = {}
    for (const [name, make] of Object.entries(shapes)) {
      const store = memory({ maxEntries: 1e6, maxBytes: '1gb' })
      const count = 4096
      const fill = () => { for (let i = 0; i < count; i++) store.set('key:' + name + ':' + i, entryOf(make(i), Infinity, TERMS), Infinity) }
      fill(); store.clear('')
      // The runtime frees things of its own whenever it likes: the middle of five.
      const found = []
      for (let round = 0; round < 5; round++) {
        const before = used()
        fill()
        found.push(store.usage().bytes / (used() - before))
        store.clear('')
      }
      ratios[name] = found.sort((a, b) => a - b)[2]
    }
    console.log(JSON.stringify(ratios))
  `

    const ratios = JSON.parse(await run(program, '--expose-gc')) as Record<string, number>

    expect(Object.keys(ratios)).toEqual(Object.keys(shapes))
    for (const [name, ratio] of Object.entries(ratios)) {
      expect([name, ratio > 0.5 && ratio < 2 ? 'right' : ratio]).toEqual([name, 'right'])
    }
  },
)
