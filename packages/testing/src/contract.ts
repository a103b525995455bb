/*
 * A contract: rules that every thing of a kind must keep, as data, so that a test can also let a broken thing run
 * them and see each one fail.
 */

import { systemClock } from '@larder/core'
import { describe, test } from 'vitest'

/** One rule, and how it is judged: `run` rejects when it is broken. */
export interface Rule<B> {
  readonly name: string
  /** Why this bench cannot be judged by it; nothing if it can. */
  readonly excuse: (bench: B) => string | undefined
  readonly run: (bench: B) => Promise<void>
}

/**
 * Rules that are not judged, each with the reason.
 *
 * @example
 * const skip: Skips = { 'keeps binary': 'this backend stores text only' }
 * storeContract('text store', { open: () => memory(), keeps: 'entries', skip })
 */
export type Skips = Readonly<Record<string, string>>

/** A thing to be judged, and how to let go of it. */
export interface Bench {
  dispose(): Promise<void>
}

export function rule<B>(
  name: string,
  run: (bench: B) => Promise<void>,
  excuse: (bench: B) => string | undefined = () => undefined,
): Rule<B> {
  return { name, excuse, run }
}

/** Registers one test for each rule. */
export function judge<B extends Bench>(
  title: string,
  rules: readonly Rule<B>[],
  skips: Skips,
  open: () => Promise<B>,
): void {
  assertSkips(title, rules, skips)
  describe(title, () => {
    for (const each of rules) {
      const reason = skips[each.name]
      if (reason !== undefined) {
        test.skip(`${each.name} (skipped: ${reason})`, () => {})
        continue
      }
      test(each.name, { timeout: PATIENCE }, async (context) => {
        const bench = await open()
        try {
          const excuse = each.excuse(bench)
          if (excuse !== undefined) context.skip(excuse)
          await each.run(bench)
        } finally {
          await bench.dispose()
        }
      })
    }
  })
}

/** Rules that play many histories take seconds where each step is a round trip, and more on a busy machine. */
const PATIENCE = 60_000

function assertSkips<B>(title: string, rules: readonly Rule<B>[], skips: Skips): void {
  for (const [name, reason] of Object.entries(skips)) {
    if (!rules.some((each) => each.name === name)) {
      throw new TypeError(`${title}: skip names the rule '${name}', which does not exist`)
    }
    if (typeof reason !== 'string' || reason === '') {
      throw new TypeError(`${title}: skip must say why '${name}' is not judged`)
    }
  }
}

const PATIENCE_MS = 2_000

/** Waits for what happens some time after it was asked for: looks again until `check` throws no more. */
export async function eventually(check: () => unknown): Promise<void> {
  const end = systemClock.now() + PATIENCE_MS
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (systemClock.now() > end) throw error
    }
    await new Promise<void>((resume) => {
      systemClock.after(1, resume)
    })
  }
}
