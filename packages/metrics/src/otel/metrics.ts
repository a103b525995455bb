/*
 * The instruments as metrics of OpenTelemetry: read when a reader collects. Only load times are recorded one by one, since a
 * histogram cannot be observed later; so they carry the context of their load, which makes exemplars possible.
 */

import { type Histogram, type Meter, metrics, type Observable } from '@opentelemetry/api'
import { type Instrument, instruments } from '../instruments.ts'
import { Reader, type Watched } from '../reader.ts'
import { BUCKETS } from '../tally.ts'
import { attributesOf, otelName, SCOPE, unitOf } from './names.ts'

/**
 * What `otelMetrics` takes.
 *
 * @example
 * import { metrics } from '@opentelemetry/api'
 * const stop = otelMetrics(cache, { meter: metrics.getMeter('cache') })
 */
export interface OtelMetricsOptions {
  /** What makes the instruments. Default: that of the global provider. */
  readonly meter?: Meter
}

/**
 * Metrics of caches, and of namespaces, each under its name. Returns the way to stop it.
 *
 * @example
 * const stop = otelMetrics([cache, cache.namespace('users')])
 */
export function otelMetrics(
  caches: Watched | readonly Watched[],
  { meter = metrics.getMeter(SCOPE) }: OtelMetricsOptions = {},
): () => void {
  const observables = new Map<string, Observable>()
  const times = new Map<string, Histogram>()
  for (const each of instruments) {
    if (each.type === 'histogram') times.set(each.name, histogramOf(meter, each))
    else observables.set(each.name, observableOf(meter, each))
  }
  const reader = new Reader(caches, (name, cache, seconds) =>
    times.get(name)?.record(seconds, attributesOf({ cache })),
  )
  const all = [...observables.values()]
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = async (result) => {
    for (const { instrument, samples } of await reader.read()) {
      const observable = observables.get(instrument.name)
      if (observable === undefined) continue
      for (const { labels, value } of samples) result.observe(observable, value, attributesOf(labels))
    }
  }
  meter.addBatchObservableCallback(observe, all)
  return () => {
    meter.removeBatchObservableCallback(observe, all)
    reader.stop()
  }
}

function observableOf(meter: Meter, instrument: Instrument): Observable {
  const options = { description: instrument.help, unit: unitOf(instrument) }
  const name = otelName(instrument)
  return instrument.type === 'counter'
    ? meter.createObservableCounter(name, options)
    : meter.createObservableGauge(name, options)
}

function histogramOf(meter: Meter, instrument: Instrument): Histogram {
  return meter.createHistogram(otelName(instrument), {
    description: instrument.help,
    unit: unitOf(instrument),
    advice: { explicitBucketBoundaries: [...BUCKETS] },
  })
}
