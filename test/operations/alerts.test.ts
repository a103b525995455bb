/*
 * The alerts and the dashboard of docs/operations: every metric and label that they name exists, promtool understands every
 * expression, and the alerts fire when they must and not when they must not (alerts.test.yml).
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { instruments } from '@larder/metrics'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { findPromtool, judge } from './promtool.ts'

const MISSING = "promtool is not here, and Debian's package `prometheus` cannot be had"
const FOLDER = path.resolve(import.meta.dirname, '../../docs/operations')
const read = (file: string): string => readFileSync(path.join(FOLDER, file), 'utf8')

let promtool: string | undefined
beforeAll(async () => {
  promtool = await findPromtool()
}, 240_000)

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}
interface Dashboard {
  readonly templating: { readonly list: readonly { readonly definition?: string }[] }
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[]
}
interface Target {
  readonly expr: string
  readonly legendFormat: string
}

const alerts = (parse(read('alerts.yml')) as Rules).groups.flatMap(({ rules }) => rules)
const dashboard = JSON.parse(read('dashboard.json')) as Dashboard
const targets = dashboard.panels.flatMap((panel) => panel.targets)

const labelsOf = new Map(
  instruments.flatMap(({ name, type, labels }): [string, readonly string[]][] =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]],
  ),
)

const metricsIn = (expr: string): string[] => [...expr.matchAll(/\blarder_\w+/g)].map(([name]) => name)

/** Labels that an expression groups by, or a legend shows, and that none of its metrics has. */
function strangeLabels(expr: string, shown = ''): string[] {
  const known = new Set(['instance', ...metricsIn(expr).flatMap((name) => labelsOf.get(name) ?? [])])
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
  const legend = [...shown.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
  return [...grouped, ...legend].filter((label) => !known.has(label))
}

describe('every metric and label exists', () => {
  test.each(alerts.map(({ alert, expr }) => [alert, expr]))('in the alert %s', (_, expr) => {
    expect(metricsIn(expr).filter((name) => !labelsOf.has(name))).toEqual([])
    expect(strangeLabels(expr)).toEqual([])
  })

  test.each(dashboard.panels.map((panel) => [panel.title, panel.targets] as const))(
    'in the panel %s',
    (_, shown) => {
      for (const { expr, legendFormat } of shown) {
        expect(metricsIn(expr).length).toBeGreaterThan(0)
        expect(metricsIn(expr).filter((name) => !labelsOf.has(name))).toEqual([])
        expect(strangeLabels(expr, legendFormat)).toEqual([])
      }
    },
  )

  test('in what the dashboard asks for its variables', () => {
    for (const { definition = '' } of dashboard.templating.list) {
      expect(metricsIn(definition).filter((name) => !labelsOf.has(name))).toEqual([])
    }
  })

  test('and one that does not is seen', () => {
    expect(labelsOf.has('larder_hits')).toBe(false)
    expect(strangeLabels('sum by (key) (larder_hits_total)', '{{user}}')).toEqual(['key', 'user'])
  })
})

test('promtool understands the alerts, and they fire when they must', ({ skip }) => {
  if (promtool === undefined) return skip(MISSING)

  const { status, said } = judge(promtool, ['test', 'rules', path.join(FOLDER, 'alerts.test.yml')])

  expect(said).toContain('SUCCESS')
  expect(status).toBe(0)
  expect(judge(promtool, ['check', 'rules', path.join(FOLDER, 'alerts.yml')]).status).toBe(0)
})

test('an alert with a higher threshold would not pass', ({ skip }) => {
  if (promtool === undefined) return skip(MISSING)
  const folder = mkdtempSync(path.join(tmpdir(), 'larder-alerts-'))
  try {
    writeFileSync(path.join(folder, 'alerts.yml'), read('alerts.yml').replace('< 0.7 *', '< 0.1 *'))
    writeFileSync(path.join(folder, 'alerts.test.yml'), read('alerts.test.yml'))

    expect(judge(promtool, ['test', 'rules', path.join(folder, 'alerts.test.yml')]).status).not.toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('promtool understands every expression of the dashboard', ({ skip }) => {
  if (promtool === undefined) return skip(MISSING)
  const folder = mkdtempSync(path.join(tmpdir(), 'larder-dashboard-'))
  try {
    const rules = targets.map(({ expr }, i) => ({
      record: `panel:${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$cache', '.*'),
    }))
    writeFileSync(path.join(folder, 'rules.yml'), stringify({ groups: [{ name: 'dashboard', rules }] }))

    const { status, said } = judge(promtool, ['check', 'rules', path.join(folder, 'rules.yml')])

    expect(said).toContain(`${targets.length} rules found`)
    expect(status).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
