import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Runs a program with a garbage collector at hand; answers what it prints as JSON. */
function collecting(body: string): unknown {
  const program = `
    import { createCache } from '@larder/core'
    import { memory } from '@larder/memory'
    import { delayed } from '@larder/testing'
    const turn = () => new Promise((resume) => setImmediate(resume))
    const collect = async () => { for (let i = 0; i < 8; i++) { gc(); await turn() } }
    const print = (value) => console.log(JSON.stringify(value))
    ${body}
  `
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      '--expose-gc',
      '--conditions=@larder/source',
      '--import',
      path.join(root, 'node_modules/tsx/dist/loader.mjs'),
      '--input-type=module',
      '--eval',
      program,
    ],
    { encoding: 'utf8', cwd: path.join(root, 'packages/testing'), timeout: 60_000 },
  )
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

describe('a namespace that nobody holds', { timeout: 60_000 }, () => {
  test('is let go of; its counters are kept, and its entries survive with their marks', () => {
    const seen = collecting(`
      const cache = createCache({ store: memory() })
      const weak = await (async () => {
        const tenant = cache.namespace('tenant').namespace('deep')
        await tenant.set('k', 1, { tags: ['t'] })
        await tenant.set('l', 2)
        await tenant.get('k')
        return new WeakRef(tenant)
      })()
      await collect()
      const gone = weak.deref() === undefined
      const { sets, hits } = cache.stats()
      const again = cache.namespace('tenant').namespace('deep')
      const before = await again.getMany(['k', 'l'])
      await again.invalidateTags('t')
      print({ gone, sets, hits, before, after: await again.getMany(['k', 'l']) })
    `)
    expect(seen).toEqual({ gone: true, sets: 2, hits: 1, before: [1, 2], after: [null, 2] })
  })

  test('can be cleared from around while it is gone, and so can its tags', () => {
    const seen = collecting(`
      const answers = []
      for (const invalidate of [(cache) => cache.clear(), (cache) => cache.invalidateTags('t')]) {
        const store = memory()
        const cache = createCache({ store: { ...store, name: 'm', sync: true, get: (k) => store.get(k), set: (k, r) => store.set(k, r), delete: (k) => store.delete(k), clear: undefined } })
        await (async () => cache.namespace('a').namespace('b').set('k', 'old', { tags: ['t'] }))()
        await collect()
        await invalidate(cache)
        answers.push(await cache.namespace('a').namespace('b').get('k') ?? null)
      }
      print(answers)
    `)
    expect(seen).toEqual([null, null])
  })

  test('leaves nothing behind when its entries are gone too', () => {
    const seen = collecting(`
      const cache = createCache({ store: memory() })
      const use = async () => {
        for (let i = 0; i < 4_000; i++) {
          const tenant = cache.namespace('tenant' + i)
          await tenant.set('k', 1)
          await tenant.delete('k')
        }
      }
      await use(); await collect(); await collect()
      const before = process.memoryUsage().heapUsed
      await use(); await collect(); await collect()
      print({ perTenant: (process.memoryUsage().heapUsed - before) / 4_000, sets: cache.stats().sets })
    `) as { readonly perTenant: number; readonly sets: number }
    expect(seen.sets).toBe(8_000)
    expect(seen.perTenant).toBeLessThan(200)
  })

  test('is heard of by those inside it, when another process clears it', () => {
    const seen = collecting(`
      const below = delayed(memory())
      let heard
      const channel = { maxStaleness: 3_600_000, listen: (listener) => ((heard = listener), () => {}) }
      const cache = createCache({ store: { ...below, channel } })
      heard.proven(performance.now())
      const deep = cache.namespace('tenant').namespace('deep')
      await deep.set('k', 1)
      const before = [await deep.get('k'), await deep.get('k')]
      await collect()
      await below.delete('larder/tenant#:')
      heard.changed('larder/tenant#:')
      print({ before, after: await deep.get('k') ?? null })
    `)
    expect(seen).toEqual({ before: [1, 1], after: null })
  })

  test('and whose store was replaced by another has its tags invalidated there as ever: the late mark first', () => {
    const seen = collecting(`
      const below = delayed(memory())
      const deleted = []
      let heard
      const channel = { maxStaleness: 3_600_000, listen: (listener) => ((heard = listener), () => {}) }
      const store = { ...below, channel, delete: (key) => (deleted.push(key), below.delete(key)), deleteMany: undefined }
      const cache = createCache({ store })
      await (async () => cache.namespace('tenant').invalidateTags('t'))()
      await collect()
      deleted.length = 0
      heard.replaced()
      await collect()
      print(deleted)
    `)
    expect(seen).toEqual(['larder/tenant#~', 'larder/tenant#=t'])
  })

  test('between two that are held is still one namespace for both', () => {
    const seen = collecting(`
      const answers = []
      for (const open of [() => memory(), () => delayed(memory())]) {
        const cache = createCache({ store: open() })
        const deep = (() => cache.namespace('a').namespace('b'))()
        await collect()
        let release
        const loaded = deep.getOrSet('k', () => new Promise((resolve) => { release = resolve }))
        while (release === undefined) await turn()
        await cache.namespace('a').namespace('b').delete('k')
        release('old')
        await loaded
        answers.push(await deep.get('k') ?? null)
        await deep.set('k', 'old')
        await collect()
        const cleared = cache.namespace('a').clear()
        answers.push(await deep.get('k') ?? null)
        await cleared
        answers.push(await deep.get('k') ?? null)
        await deep.set('k', 'new')
        answers.push(await deep.get('k'))
      }
      print(answers)
    `)
    expect(seen).toEqual([null, null, null, 'new', null, null, null, 'new'])
  })
})

describe('a namespace', () => {
  test('counts what happens in it and in those inside it', async () => {
    const cache = createCache({ store: memory() })
    const [a, b] = [cache.namespace('a'), cache.namespace('b')]
    const inner = a.namespace('i')
    await inner.set('k', 1)
    await b.set('k', 1)
    await a.get('k')
    expect([cache, a, inner, b].map((each) => each.stats().sets)).toEqual([2, 1, 1, 1])
    expect([cache, a, inner, b].map((each) => each.stats().misses)).toEqual([1, 1, 0, 0])
  })

  test('may have any name, and names with slashes are not paths', async () => {
    const cache = createCache({ store: memory() })
    const names = ['a', 'a/b', 'a%2fb', '__proto__', ':', '#=', ' ']
    await Promise.all(names.map((name) => cache.namespace(name).set('k', name)))
    await cache.namespace('a').namespace('b').set('k', 'nested')
    expect(await Promise.all(names.map((name) => cache.namespace(name).get('k')))).toEqual(names)
    await cache.namespace('a').clear()
    expect(await cache.namespace('a/b').get('k')).toBe('a/b')
  })

  test('needs a name', () => {
    const cache = createCache({ store: memory() })
    expect(() => cache.namespace('')).toThrow("namespace: the name must be a non-empty text, not ''")
    expect(() => cache.namespace(5 as never)).toThrow('not a number')
  })
})
