/*
 * A cache in a place that keeps bytes: values packed by msgpack, compressed by lz4, sealed by AES-GCM, in a backend of
 * Keyv. Here that is a Map; `new KeyvSqlite('sqlite://cache.db')` or `new KeyvRedis(url)` stands in the same place.
 *
 *   node --conditions=@larder/source --import tsx examples/bytes.ts
 */

import { randomBytes } from 'node:crypto'
import { lz4, msgpack, sealed } from '@larder/codecs'
import { codec, createCache } from '@larder/core'
import { keyv } from '@larder/keyv'

const backend = new Map<string, unknown>()
const keys = { 'in-use': randomBytes(32) }
const store = keyv({
  store: backend,
  codec: codec({ serializer: msgpack(), compressor: lz4(), sealer: sealed({ keys, current: 'in-use' }) }),
})
const cache = createCache({ store, ttl: '5m' })

const article = {
  title: 'Larder',
  published: new Date(0),
  words: new Map([['cache', 12n]]),
  text: 'on and on, '.repeat(900),
}
await cache.set(['article', 1], article, { tags: ['articles'] })
const back = await cache.get(['article', 1])

const kept = [...backend.values()].map(String).join('')
console.log('comes back as it was:', JSON.stringify(shown(back)) === JSON.stringify(shown(article)))
console.log('characters of text:', article.text.length, '· kept, everything included:', kept.length)
console.log('readable only with the key:', !kept.includes('Larder'))

await cache.invalidateTags('articles')
console.log('after the invalidation:', await cache.get(['article', 1]))
await cache.close()

function shown(value: unknown): unknown {
  const { title, published, words, text } = value as typeof article
  return [title, published.getTime(), [...words].map(([word, times]) => [word, String(times)]), text]
}
