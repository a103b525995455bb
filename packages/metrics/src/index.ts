/*
 * The public surface of @larder/metrics, and nothing else. What needs a library of somebody else has an entry of its own.
 */

export type { Advice, AdviceName } from './advice.ts'
export { type Alert, type Alerts, alerts, type AlertsOptions } from './alerts.ts'
export type { AlertName } from './conditions.ts'
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
export { type Report, report } from './report.ts'
export type { Watched } from './reader.ts'
