/*
 * The text format of Prometheus, version 0.0.4: for each instrument what it is, and a line for each series.
 */

import type { Reading, Sample } from '../reader.ts'

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function textOf(readings: readonly Reading[]): string {
  return readings
    .filter(({ samples }) => samples.length > 0)
    .map(({ instrument: { name, help, type }, samples }) =>
      [
        `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
        `# TYPE ${name} ${type}`,
        ...samples.map((sample) => lineOf(name, sample)),
        '',
      ].join('\n'),
    )
    .join('\n')
}

function lineOf(name: string, { labels, value, suffix = '' }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${suffix}{${pairs.join(',')}} ${value}`
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
