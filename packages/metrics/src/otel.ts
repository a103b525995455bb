/*
 * The public surface of @larder/metrics/otel, and nothing else.
 */

export { otelMetrics, type OtelMetricsOptions } from './otel/metrics.ts'
export { otelSpans, type OtelSpansOptions } from './otel/spans.ts'
export type { Watched } from './reader.ts'
