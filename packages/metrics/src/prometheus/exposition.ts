/*
 * Metrics for Prometheus: as text, or in the registry of prom-client, which is never imported. A registry takes whatever
 * answers `get`, and asks all its metrics in one turn, so one reading answers them all.
 */

import { type Instrument, instruments } from '../instruments.ts'
import { type Reading, Reader, type Sample, type Watched } from '../reader.ts'
import { CONTENT_TYPE, textOf } from './text.ts'

/**
 * What is needed of a registry: that of prom-client will do.
 *
 * @example
 * import { register } from 'prom-client'
 * const registry: PrometheusRegistry = register
 * prometheusMetrics(cache, { register: registry })
 */
export interface PrometheusRegistry {
  registerMetric(metric: object): void
  removeSingleMetric(name: string): void
}

/**
 * What `prometheus` takes.
 *
 * @example
 * import { Registry } from 'prom-client'
 * const register = new Registry()
 * const { stop } = prometheusMetrics(cache, { register })
 */
export interface PrometheusOptions {
  /** A registry of prom-client, which then shows these metrics beside its own. Default: none. */
  readonly register?: PrometheusRegistry
}

/**
 * The metrics as Prometheus reads them.
 *
 * @example
 * const exposition: Exposition = prometheusMetrics(cache)
 * console.log(await exposition.metrics())
 * exposition.stop()
 */
export interface Exposition {
  readonly contentType: string
  /** All metrics of now, in the text format of Prometheus. */
  readonly metrics: () => Promise<string>
  /** Listens no longer, and leaves the registry. */
  readonly stop: () => void
}

/**
 * Metrics of caches, and of namespaces, each under its name. The caches of a process are handed in together, once.
 *
 * @example
 * const { contentType, metrics } = prometheusMetrics([cache, cache.namespace('users')])
 */
export function prometheusMetrics(
  caches: Watched | readonly Watched[],
  { register }: PrometheusOptions = {},
): Exposition {
  const reader = new Reader(caches)
  const leave = register === undefined ? () => undefined : enter(register, reader)
  return {
    contentType: CONTENT_TYPE,
    metrics: async () => textOf(await reader.read()),
    stop: () => {
      reader.stop()
      leave()
    },
  }
}

/** Puts all instruments into the registry; returns the way to take them out. */
function enter(register: PrometheusRegistry, reader: Reader): () => void {
  let asked: Promise<readonly Reading[]> | undefined
  const read = (): Promise<readonly Reading[]> => {
    if (asked !== undefined) return asked
    const reading = reader.read().finally(() => (asked = undefined))
    asked = reading
    return reading
  }
  for (const instrument of instruments) register.registerMetric(metricOf(instrument, read))
  return () => {
    for (const { name } of instruments) register.removeSingleMetric(name)
  }
}

/** As prom-client has it. */
function metricOf({ name, help, type }: Instrument, read: () => Promise<readonly Reading[]>): object {
  return {
    name,
    help,
    type,
    aggregator: 'sum',
    get: async () => {
      const found = (await read()).find(({ instrument }) => instrument.name === name)
      return {
        name,
        help,
        type,
        aggregator: 'sum',
        values: (found?.samples ?? []).map((each) => valueOf(name, each)),
      }
    },
    /** Figures are those of the cache, and it does not forget. */
    reset: () => undefined,
  }
}

function valueOf(name: string, { labels, value, suffix }: Sample): object {
  return suffix === undefined ? { labels, value } : { labels, value, metricName: name + suffix }
}
