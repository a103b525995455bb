/*
 * How OpenTelemetry says things: names with dots and without units, attributes in a namespace, `error.type` for what has failed.
 */

import type { Instrument, Labels } from '../instruments.ts'

export const SCOPE = '@larder/metrics'

/** `larder_load_seconds` is `larder.load.duration`, `larder_hits_total` is `larder.hits`. */
export function otelName({ name }: Instrument): string {
  return name
    .replace(/^larder_/, 'larder.')
    .replace(/_total$/, '')
    .replace(/_seconds$/, '.duration')
}

/** As UCUM has it. */
export function unitOf({ name, type }: Instrument): string {
  if (name.endsWith('_seconds')) return 's'
  if (name.includes('_bytes')) return 'By'
  return type === 'counter' ? '{event}' : '1'
}

export function attributesOf(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [
      label === 'class' ? 'error.type' : `larder.${label}`,
      value,
    ]),
  )
}
