/*
 * Programs that take a Keyv, on Larder.
 */
import { KeyvAdapter } from '@apollo/utils.keyvadapter'
import { createCache } from '@larder/core'
import { asKeyv } from '@larder/keyv'
import { memory } from '@larder/memory'
import { createCache as cacheManager } from 'cache-manager'
import got from 'got'
import Keyv from 'keyv'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'

/** Counts what it is asked, and answers with the count. */
async function countingServer(): Promise<string> {
  let count = 0
  const server = http.createServer((_request, response) => {
    response.setHeader('Cache-Control', 'max-age=3600')
    response.end(String(++count))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('got keeps responses as long as they say, and forgets them when the cache does', async () => {
  const url = await countingServer()
  const cache = createCache({ store: memory() })
  const responses = got.extend({ cache: new Keyv({ store: asKeyv(cache) }) as never })

  expect(await responses(url).text()).toBe('1')
  const again = await responses(url)
  expect(again.body).toBe('1')
  expect(again.isFromCache).toBe(true)

  await cache.clear()
  expect(await responses(url).text()).toBe('2')
})

test('got takes the adapter without a Keyv around it', async () => {
  const url = await countingServer()
  const responses = got.extend({ cache: asKeyv(createCache({ store: memory() })) as never })

  expect(await responses(url).text()).toBe('1')
  expect(await responses(url).text()).toBe('1')
})

test('cache-manager, and so the cache of Nest, has its values in Larder', async () => {
  const cache = createCache({ store: memory() })
  const manager = cacheManager({ stores: [new Keyv({ store: asKeyv(cache) })], ttl: 60_000 })
  let loads = 0
  const load = async (): Promise<object> => ({ load: ++loads })

  expect(await manager.wrap('k', load)).toEqual({ load: 1 })
  expect(await manager.wrap('k', load)).toEqual({ load: 1 })
  await manager.mset([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ])
  expect(await manager.mget(['a', 'x', 'b'])).toEqual([1, undefined, 2])
  expect(await manager.ttl('k')).toBeGreaterThan(Date.now())
  await manager.mdel(['a', 'b'])
  expect(await manager.get('a')).toBe(undefined)

  await cache.clear()
  expect(await manager.wrap('k', load)).toEqual({ load: 2 })
})

test('Apollo keeps texts, for seconds', async () => {
  const cache = createCache({ store: memory() })
  const apollo = new KeyvAdapter(new Keyv({ store: asKeyv(cache) }) as never)

  await apollo.set('query', 'answer', { ttl: 60 })
  expect(await Promise.all([apollo.get('query'), apollo.get('other')])).toEqual(['answer', undefined])
  expect(await apollo.delete('query')).toBe(true)
  expect(await apollo.get('query')).toBe(undefined)
})
