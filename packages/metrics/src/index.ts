/*
 * The public surface of @larder/metrics, and nothing else. What needs a library of somebody else has an entry of its own.
 */

export {
  type Handlers,
  healthHandler,
  type HealthHandlerOptions,
  metricsHandler,
  type MetricsSource,
  type NodeRequest,
  type NodeResponse,
} from './handlers.ts'
export { type Instrument, instruments, type InstrumentType } from './instruments.ts'
export { type Lines, observe, type ObserveOptions } from './observe.ts'
export type { Watched } from './reader.ts'
