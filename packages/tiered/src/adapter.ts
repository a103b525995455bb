/*
 * What openCache calls: `tiered:redis://…`, and { store: 'tiered', far: 'redis://…', near: { maxEntries: 10_000 } }.
 *
 * Options of the two stores may also stand beside those of the tiers, as a URL and the environment have it: each goes to the
 * store that knows it.
 */

import {
  type Adapter,
  type Check,
  type Entry,
  misuse,
  optionProblems,
  type OptionTable,
  type OtherAdapters,
  type Store,
} from '@larder/core'
import { BEHAVIOUR, tiered, type TieredOptions } from './tiered.ts'

/**
 * A store by its setting: its name or URL, or the name with options.
 *
 * @example
 * const far: TieredPart = { store: 'redis', url: 'redis://localhost:6379', compress: 'lz4' }
 * const users = await openCache({ store: 'tiered', far })
 */
export type TieredPart = string | { readonly store?: string; readonly [option: string]: unknown }

/**
 * What openCache takes: each part by its setting.
 *
 * @example
 * const users = await openCache({ store: 'tiered', near: { maxBytes: '32mb' }, far: 'redis://localhost:6379', ttl: '5m' })
 */
export interface TieredSetting extends Omit<TieredOptions, 'near' | 'far'> {
  /** `tiered:` and the URL of far. */
  readonly url?: string
  /** Default: memory. */
  readonly near?: TieredPart
  readonly far?: TieredPart
  readonly [option: string]: unknown
}

const SCHEME = 'tiered:'

const isPart: Check = (value) =>
  (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null)
    ? undefined
    : "must be the setting of a store, such as 'redis://localhost' or { store: 'memory', maxEntries: 10_000 }"

const isUrl: Check = (value) =>
  typeof value === 'string' && value.startsWith(SCHEME)
    ? undefined
    : `must be ${SCHEME} and the URL of the far store, as in '${SCHEME}redis://localhost'`

const OWN: OptionTable = { ...BEHAVIOUR, url: isUrl, near: isPart, far: isPart }

/**
 * What `openCache` calls for `tiered:…`. It finds it by itself; a bundler needs it by name.
 *
 * @example
 * const users = await openCache('tiered:redis://localhost:6379', { adapters: { tiered: adapter } })
 */
export const adapter: Adapter<TieredSetting> = { options: OWN, optionsFor, open }

interface Wanted {
  readonly adapter: Adapter
  readonly options: Readonly<Record<string, unknown>>
}

async function partsOf(
  { url, near = 'memory', far = url?.slice(SCHEME.length) }: TieredSetting,
  others: OtherAdapters,
): Promise<{ readonly near: Wanted; readonly far: Wanted }> {
  if (far === undefined || far === '') {
    throw misuse("openCache('tiered')", [
      `it is not said what is far: '${SCHEME}redis://localhost', or { store: 'tiered', far: 'redis://localhost' }`,
    ])
  }
  return { near: await wanted(near, 'memory', others), far: await wanted(far, undefined, others) }
}

async function wanted(
  part: TieredPart,
  byDefault: string | undefined,
  others: OtherAdapters,
): Promise<Wanted> {
  const setting = typeof part === 'string' ? readText(part, others) : part
  const { store = byDefault, ...options } = setting
  if (typeof store !== 'string') {
    throw misuse("openCache('tiered')", ["far must name its store: { store: 'redis', url: 'redis://…' }"])
  }
  return { adapter: await others.find(store), options }
}

const readText = (text: string, others: OtherAdapters): ReturnType<OtherAdapters['read']> =>
  text.includes(':') ? others.read(text) : { store: text }

async function optionsFor(given: TieredSetting, others: OtherAdapters): Promise<OptionTable> {
  const { near, far } = await partsOf(given, others)
  return { ...near.adapter.options, ...far.adapter.options, ...OWN }
}

async function open(setting: TieredSetting, others: OtherAdapters): Promise<Store<Entry>> {
  const { near, far } = await partsOf(setting, others)
  const beside = Object.entries(setting).filter(([name]) => !Object.hasOwn(OWN, name))
  const isFar = (name: string): boolean => Object.hasOwn(far.adapter.options, name)
  const forFar = { ...Object.fromEntries(beside.filter(([name]) => isFar(name))), ...far.options }
  const forNear = { ...Object.fromEntries(beside.filter(([name]) => !isFar(name))), ...near.options }
  const problems = [
    ...optionProblems(forNear, near.adapter.options).map((problem) => `near: ${problem}`),
    ...optionProblems(forFar, far.adapter.options).map((problem) => `far: ${problem}`),
  ]
  if (problems.length > 0) throw misuse("openCache('tiered')", problems)
  const behaviour = Object.fromEntries(
    Object.entries(setting).filter(([name]) => Object.hasOwn(BEHAVIOUR, name)),
  )
  return tiered({
    ...behaviour,
    near: await near.adapter.open(forNear, others),
    far: await far.adapter.open(forFar, others),
  })
}
