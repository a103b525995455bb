/*
 * The public surface of @larder/metrics/prometheus, and nothing else.
 */

export {
  type Exposition,
  prometheusMetrics,
  type PrometheusOptions,
  type PrometheusRegistry,
} from './prometheus/exposition.ts'
export type { Watched } from './reader.ts'
