/*
 * Handlers: health and metrics over HTTP, for node:http and for Fetch.
 *
 * Liveness asks nothing but whether this process answers: a cache that has failed still does, and a process that is started
 * anew has a cold cache as well. Readiness asks the stores.
 *
 * What is wrong is told in words of the store, which may name machines, so only where that is wished for. A handler that fails
 * itself answers 500 and says nothing.
 */

import { checkOptions, type Health, isCacheError, isOneOf, misuse } from '@larder/core'
import { type Watched, watchedBy } from './reader.ts'

/**
 * One handler, for whoever asks.
 *
 * @example
 * const health: Handlers = healthHandler(cache, { asks: 'readiness' })
 * createServer((request, response) => void health.node(request, response))
 */
export interface Handlers {
  /** For `createServer` of node:http, and what is like it. */
  readonly node: (request: NodeRequest, response: NodeResponse) => Promise<void>
  /** For everything that answers a Request with a Response. */
  readonly fetch: (request: { readonly method: string }) => Promise<Response>
}

/**
 * As much of a request of Node as a handler looks at.
 *
 * @example
 * const request: NodeRequest = { method: 'GET' } // a request of node:http, Express or Fastify's `raw` is one
 */
export interface NodeRequest {
  readonly method?: string | undefined
}

/**
 * As much of a response of Node as a handler uses.
 *
 * @example
 * const response: NodeResponse = { writeHead: (status) => console.log(status), end: (body) => console.log(body) }
 * await healthHandler(cache, { asks: 'liveness' }).node({ method: 'GET' }, response)
 */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  end(body?: string): unknown
}

/**
 * What the handler of health takes.
 *
 * @example
 * const ready = healthHandler(cache, { asks: 'readiness', problems: true }) // says what is wrong: not for the public
 */
export interface HealthHandlerOptions {
  /** `liveness`: does this process answer? `readiness`: do the stores? */
  readonly asks: 'liveness' | 'readiness'
  /** Whether to tell what is wrong, in words. Default: false. */
  readonly problems?: boolean
}

/**
 * Whatever shows metrics: what `prometheusMetrics` returns, or a registry of prom-client.
 *
 * @example
 * const source: MetricsSource = prometheusMetrics(cache)
 * const { fetch } = metricsHandler(source)
 */
export interface MetricsSource {
  readonly contentType: string
  metrics(): Promise<string>
}

const HEALTH_OPTIONS = {
  asks: isOneOf('liveness', 'readiness'),
  problems: (value: unknown) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * Whether this process is alive, or ready: 200, or 503 when a store does not answer. A cache that is degraded is ready.
 *
 * @example
 * createServer(healthHandler([cache], { asks: 'readiness' }).node)
 */
export function healthHandler(caches: Watched | readonly Watched[], options: HealthHandlerOptions): Handlers {
  const all = watchedBy('healthHandler', caches)
  checkOptions('healthHandler', options, HEALTH_OPTIONS)
  const { asks, problems = false } = options
  if (asks === undefined) throw misuse('healthHandler', ["asks is missing; for example asks: 'readiness'"])
  return handlers(async () => {
    if (asks === 'liveness') return json(200, { status: 'ok' })
    const found = await Promise.all(all.map(async (cache) => [cache.name, await healthOf(cache)] as const))
    const states = found.map(([, { status }]) => status)
    const status = (['failed', 'degraded'] as const).find((each) => states.includes(each)) ?? 'ok'
    const told = found.map(([name, of]): readonly [string, object] => [
      name,
      problems ? of : { status: of.status },
    ])
    return json(status === 'failed' ? 503 : 200, { status, caches: Object.fromEntries(told) })
  })
}

/**
 * What Prometheus reads.
 *
 * @example
 * createServer(metricsHandler(prometheusMetrics(cache)).node)
 */
export function metricsHandler(source: MetricsSource): Handlers {
  if (typeof source?.metrics !== 'function')
    throw misuse('metricsHandler', ['needs a source of metrics, such as prometheusMetrics(cache)'])
  return handlers(async () => ({
    status: 200,
    contentType: source.contentType,
    body: await source.metrics(),
  }))
}

/** A cache that was closed is not ready; the process is on its way out. */
async function healthOf(cache: Watched): Promise<Pick<Health, 'status' | 'problems'>> {
  try {
    const { status, problems } = await cache.health()
    return { status, problems }
  } catch (error) {
    if (isCacheError(error, 'CACHE_CLOSED')) return { status: 'failed', problems: ['it is closed'] }
    throw error
  }
}

const json = (status: number, value: object): Answer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
})

const plain = (status: number, body: string): Answer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body,
})

function handlers(answer: () => Promise<Answer>): Handlers {
  const answerTo = async (method: string | undefined): Promise<Answer> => {
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'only GET and HEAD')
    try {
      const given = await answer()
      return method === 'HEAD' ? { ...given, body: '' } : given
    } catch {
      return plain(500, 'failed')
    }
  }
  return {
    node: async ({ method }, response) => {
      const { status, contentType, body } = await answerTo(method)
      response.writeHead(status, headersOf(contentType))
      response.end(body)
    },
    fetch: async ({ method }) => {
      const { status, contentType, body } = await answerTo(method)
      return new Response(body, { status, headers: headersOf(contentType) })
    },
  }
}

const headersOf = (contentType: string): Record<string, string> => ({
  'content-type': contentType,
  'cache-control': 'no-store',
})
