/*
 * OpenTelemetry's own way out, which ends in memory.
 */

import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

/** Spans, as they end. */
export function spansInMemory(): {
  readonly spans: InMemorySpanExporter
  readonly provider: BasicTracerProvider
} {
  const spans = new InMemorySpanExporter()
  return { spans, provider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }) }
}

/** Metrics, whenever `reader` is flushed. */
export function metricsInMemory(): {
  readonly out: InMemoryMetricExporter
  readonly reader: PeriodicExportingMetricReader
  readonly meters: MeterProvider
} {
  const out = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: out, exportIntervalMillis: 2 ** 30 })
  return { out, reader, meters: new MeterProvider({ readers: [reader] }) }
}
