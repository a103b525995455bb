/*
 * What a soak leaves behind: a file of figures for each of its runs, which docs/soak.md is made of.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Counted, Results } from './soak.ts'

/** One that was published. */
export interface Published {
  readonly alone: Results
  readonly sentinel: Results
  readonly ablations: readonly Ablated[]
}

/** What was counted without something that protects. */
export interface Ablated {
  readonly what: string
  readonly seconds: number
  readonly counted: Counted
  readonly leftStale: number
}

const fileOf = (name: keyof Published): string =>
  fileURLToPath(new URL(`results/${name}.json`, import.meta.url))

export function write<Name extends keyof Published>(name: Name, results: Published[Name]): void {
  mkdirSync(fileURLToPath(new URL('results', import.meta.url)), { recursive: true })
  writeFileSync(fileOf(name), `${JSON.stringify(results, rounded, 2)}\n`)
}

/** To a hundredth. */
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 100) / 100 : value

/** Undefined until each of them has been there. */
export function published(): Published | undefined {
  const [alone, sentinel, ablations] = [read('alone'), read('sentinel'), read('ablations')]
  if (alone === undefined || sentinel === undefined || ablations === undefined) return undefined
  return { alone, sentinel, ablations }
}

function read<Name extends keyof Published>(name: Name): Published[Name] | undefined {
  const file = fileOf(name)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Published[Name]) : undefined
}
