/*
 * A program: lets broken things run the rules of their contract, and prints which rule caught which. In a process of its
 * own, because broken things leave rejections floating.
 *
 *   node --conditions=@larder/source --import tsx matrix.ts stores|caches|channels [--learn]
 *
 * Every rule must catch something broken, and everything broken must be caught by some rule. Who catches whom is looked
 * up in hints.json first, so that few pairs have to be tried; `--learn` writes it. Hints are only hints: where there is
 * none, or where it is wrong, all are tried.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Clock, Entry, Store } from '@larder/core'
import { cacheBench, cacheRules } from '../../src/cache-contract.ts'
import { channelBench, channelRules } from '../../src/channel-contract.ts'
import type { Bench, Rule } from '../../src/contract.ts'
import { manualClock } from '../../src/clock.ts'
import { storeBench, storeRules } from '../../src/store-contract.ts'
import { brokenCaches, goodCache } from './caches.ts'
import { type BreakChannel, brokenChannels } from './channels.ts'
import { hubOf } from './hub.ts'
import { brokenLeases } from './leases.ts'
import { BOUND, type Break, brokenStores, plainStore } from './stores.ts'

export interface Matrix {
  /** Where the good thing fails; should be nowhere. */
  readonly good: readonly string[]
  /** For each rule, something broken that it catches. */
  readonly rules: Readonly<Record<string, string | null>>
  /** For each broken thing, a rule that catches it. */
  readonly broken: Readonly<Record<string, string | null>>
}

interface Hints {
  readonly [contract: string]: Pick<Matrix, 'rules' | 'broken'>
}

/** A rule that does not come to an end in this many turns of the event loop is broken too. */
const TURNS = 25

async function stuck(): Promise<string> {
  for (let i = 0; i < TURNS; i++) await new Promise((resume) => setTimeout(resume, 1))
  return 'stuck'
}

/** What is wrong, or undefined, or that the bench is not judged by the rule. */
async function judged<B extends Bench>(rule: Rule<B>, open: () => Promise<B>): Promise<string | undefined> {
  try {
    const bench = await open()
    if (rule.excuse(bench) !== undefined) return 'excused'
    const outcome = await Promise.race([rule.run(bench), stuck()])
    await Promise.race([bench.dispose(), stuck()])
    return typeof outcome === 'string' ? outcome : undefined
  } catch (error) {
    return String(error)
  }
}

const hintsFile = new URL('hints.json', import.meta.url)
const [contract = 'stores', learn] = process.argv.slice(2)
const hints = (existsSync(hintsFile) ? JSON.parse(readFileSync(hintsFile, 'utf8')) : {}) as Hints

type Opens<B> = readonly (() => Promise<B>)[]

async function matrix<B extends Bench>(
  all: readonly Rule<B>[],
  good: Opens<B>,
  broken: Readonly<Record<string, Opens<B>>>,
): Promise<Matrix> {
  const failing: string[] = []
  const rules: Record<string, string | null> = {}
  const caught: Record<string, string | null> = Object.fromEntries(
    Object.keys(broken).map((name) => [name, null]),
  )
  const known = hints[contract]

  const catches = async (rule: Rule<B>, name: string): Promise<boolean> => {
    for (const open of broken[name] ?? []) {
      const outcome = await judged(rule, open)
      if (outcome === undefined || outcome === 'excused') continue
      rules[rule.name] ??= name
      caught[name] ??= rule.name
      return true
    }
    return false
  }

  for (const rule of all) {
    for (const open of good) {
      const outcome = await judged(rule, open)
      if (outcome !== 'excused') rules[rule.name] = null
      if (outcome !== 'excused' && outcome !== undefined) failing.push(`${rule.name}: ${outcome}`)
    }
    if (!(rule.name in rules)) continue
    const hint = known?.rules[rule.name]
    for (const name of [...(typeof hint === 'string' ? [hint] : []), ...Object.keys(broken)]) {
      if (await catches(rule, name)) break
    }
  }
  for (const name of Object.keys(broken)) {
    if (caught[name] !== null) continue
    const hint = all.filter((rule) => rule.name === known?.broken[name])
    for (const rule of [...hint, ...all]) if (await catches(rule, name)) break
  }
  return { good: failing, rules, broken: caught }
}

const kinds = ['entries', 'bytes'] as const

function storesMatrix(): Promise<Matrix> {
  const bench = (keeps: (typeof kinds)[number], alter: Break) => () =>
    storeBench({
      open: (clock) => {
        const good = plainStore<unknown>(clock)
        return Object.assign(good, alter({ ...good }, clock)) as Store<Entry>
      },
      keeps,
      bounded: BOUND,
      expires: true,
    })
  return matrix(
    storeRules,
    kinds.map((keeps) => bench(keeps, () => ({}))),
    Object.fromEntries(
      Object.entries({ ...brokenStores, ...brokenLeases }).map(([name, alter]) => [
        name,
        kinds.map((keeps) => bench(keeps, alter)),
      ]),
    ),
  )
}

function channelsMatrix(): Promise<Matrix> {
  const bench = (alter: BreakChannel) => (): ReturnType<typeof channelBench> => {
    const hub = hubOf<Entry>()
    const given: { clock?: Clock } = {}
    return channelBench({
      open: (clock) => {
        given.clock = clock
        const [here, there] = [plainStore(clock, hub), plainStore(clock, hub)]
        for (const store of [here, there]) Object.assign(store, alter({ ...store }, hub, clock))
        return [here, there]
      },
      keeps: 'entries',
      clock: { ...manualClock(), now: () => given.clock?.now() ?? 0 },
      interrupt: () => hub.interrupt(),
      replace: () => hub.replace(),
    })
  }
  return matrix(
    channelRules,
    [bench(() => ({}))],
    Object.fromEntries(Object.entries(brokenChannels).map(([name, alter]) => [name, [bench(alter)]])),
  )
}

function cachesMatrix(): Promise<Matrix> {
  return matrix(
    cacheRules,
    [async () => cacheBench({ open: goodCache, peeks: true })],
    Object.fromEntries(
      Object.entries(brokenCaches).map(([name, open]) => [
        name,
        [async () => cacheBench({ open, peeks: true })],
      ]),
    ),
  )
}

process.on('unhandledRejection', () => {})
const matrices: Readonly<Record<string, () => Promise<Matrix>>> = {
  stores: storesMatrix,
  caches: cachesMatrix,
  channels: channelsMatrix,
}
const found = await (matrices[contract] ?? storesMatrix)()
if (learn === '--learn') {
  const { rules, broken } = found
  writeFileSync(hintsFile, `${JSON.stringify({ ...hints, [contract]: { rules, broken } }, null, 2)}\n`)
}
process.stdout.write(JSON.stringify(found), () => process.exit(0))
