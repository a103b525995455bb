/*
 * Loads as spans of OpenTelemetry. A span is made when its load has ended, with the time at which it began: its parent is the
 * span of the caller who began it, and it is linked to the spans of those who waited for it.
 *
 * Who misses is remembered by the span he is in, until a load of his key ends. Of those, only who came after it was begun can have
 * waited for it. Bounded: so many keys, the oldest forgotten first, and so many callers of each.
 *
 * No key is in a span, and of an error only its class.
 */

import { type CacheEvent, type Clock, systemClock } from '@larder/core'
import {
  context,
  type Link,
  type SpanContext,
  SpanStatusCode,
  trace,
  type Tracer,
  isSpanContextValid,
} from '@opentelemetry/api'
import { errorClass } from '../error-class.ts'
import type { Watched } from '../reader.ts'
import { SCOPE } from './names.ts'

/**
 * What `otelSpans` takes.
 *
 * @example
 * import { trace } from '@opentelemetry/api'
 * const stop = otelSpans(cache, { tracer: trace.getTracer('cache') })
 */
export interface OtelSpansOptions {
  /** What makes the spans. Default: that of the global provider. */
  readonly tracer?: Tracer
}

const MOST_KEYS = 10_000
/** As many links as a span keeps by default. */
const MOST_CALLERS = 128

interface Caller {
  readonly span: SpanContext | undefined
  readonly at: number
}

/**
 * A span for each load of `cache` and of the namespaces inside it, and an event in the span of the caller for each stale value,
 * each failure of the store, and when he waits for the load of another. Returns the way to stop it.
 *
 * @example
 * const stop = otelSpans(cache)
 */
export function otelSpans(
  cache: Watched,
  { tracer = trace.getTracer(SCOPE) }: OtelSpansOptions = {},
): () => void {
  const spans = new LoadSpans(tracer, systemClock)
  return cache.on((event) => {
    if (event.type === 'miss') spans.missed(event)
    else if (event.type === 'load' || event.type === 'load-failed') spans.ended(event)
    else if (event.type === 'join') note(event, {})
    else if (event.type === 'stale') note(event, { 'larder.why': event.why })
    else if (event.type === 'store-failed') {
      note(event, { 'larder.operation': event.operation, 'error.type': errorClass(event.error) })
    }
  })
}

type Ended = Extract<CacheEvent, { type: 'load' | 'load-failed' }>

class LoadSpans {
  readonly #tracer: Tracer
  readonly #clock: Clock
  readonly #callers = new Map<string, Caller[]>()

  constructor(tracer: Tracer, clock: Clock) {
    this.#tracer = tracer
    this.#clock = clock
  }

  missed({ cache, key }: Extract<CacheEvent, { type: 'miss' }>): void {
    const place = placeOf(cache, key)
    const callers = this.#callers.get(place) ?? []
    this.#callers.delete(place)
    this.#callers.set(place, callers)
    if (callers.length === MOST_CALLERS) callers.shift()
    callers.push({ span: spanNow(), at: this.#clock.now() })
    if (this.#callers.size <= MOST_KEYS) return
    const [oldest] = this.#callers.keys()
    if (oldest !== undefined) this.#callers.delete(oldest)
  }

  ended(event: Ended): void {
    const { cache, keys, background } = event
    const end = this.#clock.now()
    const callers = keys.flatMap((key) => this.#taken(placeOf(cache, key)))
    const parent = spanNow()
    const began = end - event.ms
    const span = this.#tracer.startSpan(
      `load ${cache}`,
      {
        startTime: began,
        attributes: { 'larder.cache': cache, 'larder.keys': keys.length, 'larder.background': background },
        links: linksTo(callers, parent, began),
      },
      context.active(),
    )
    if (event.type === 'load-failed') {
      span.setAttribute('error.type', errorClass(event.error))
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    span.end(end)
  }

  #taken(place: string): readonly Caller[] {
    const callers = this.#callers.get(place) ?? []
    this.#callers.delete(place)
    return callers
  }
}

/** Who came after the caller who began it; where that one has no span, who came while it ran. */
function linksTo(callers: readonly Caller[], parent: SpanContext | undefined, began: number): Link[] {
  const first = callers.findIndex(({ span }) => parent !== undefined && span?.spanId === parent.spanId)
  const since = first === -1 ? callers.filter(({ at }) => at >= began) : callers.slice(first)
  const seen = new Set([parent?.spanId])
  return since.flatMap(({ span }): Link[] => {
    if (span === undefined || seen.has(span.spanId)) return []
    seen.add(span.spanId)
    return [{ context: span }]
  })
}

function spanNow(): SpanContext | undefined {
  const span = trace.getSpanContext(context.active())
  return span !== undefined && isSpanContextValid(span) ? span : undefined
}

function note({ type, cache }: CacheEvent, attributes: Readonly<Record<string, string>>): void {
  trace.getActiveSpan()?.addEvent(`larder.${type}`, { 'larder.cache': cache, ...attributes })
}

const placeOf = (cache: string, key: string): string => `${cache}\n${key}`
