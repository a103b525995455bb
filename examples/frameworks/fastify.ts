/*
 * Fastify: the cache as a plugin. It closes with the server, after the requests that are under way; whoever hangs up waits
 * no longer, and a load that nobody waits for is given up.
 *
 *   node --conditions=@larder/source --import tsx examples/frameworks/fastify.ts
 */

import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'
import Fastify, { type FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    cache: ICache
  }
}

/** Stands for a slow service. */
let calls = 0
const forecastOf = async (city: string): Promise<{ readonly city: string; readonly degrees: number }> => {
  calls++
  if (calls === 3) throw new Error('the service is down')
  return Promise.resolve({ city, degrees: 20 + calls })
}

const withCache = (app: FastifyInstance): void => {
  const cache = createCache({ store: memory(), ttl: '1m', staleIfError: '1d' })
  app.decorate('cache', cache)
  app.addHook('onClose', () => cache.close())
}

const app = Fastify()
withCache(app)

app.get<{ Params: { city: string } }>('/forecast/:city', async ({ params: { city }, signal }) =>
  app.cache.getOrSet(['forecast', city], () => forecastOf(city), { tags: ['forecasts'], signal }),
)
app.post('/forecasts/expire', async (_, reply) => {
  await app.cache.expire(['forecast', 'Basel'])
  return reply.code(204).send()
})

const degrees = async (): Promise<number> =>
  (await app.inject('/forecast/Basel')).json<{ degrees: number }>().degrees

await Promise.all(Array.from({ length: 20 }, degrees))
console.log('20 requests, one call:', calls === 1)
await app.inject({ method: 'POST', url: '/forecasts/expire' })
console.log('expired, so loaded anew:', (await degrees()) === 22)
await app.inject({ method: 'POST', url: '/forecasts/expire' })
console.log('expired again, and the service is down: the old one serves:', (await degrees()) === 22)

await app.close()
