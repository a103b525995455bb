/*
 * Each fence of core is taken away, in a copy of its sources, and the proof must notice. A proof that does not notice
 * proves nothing.
 *
 * The copies lie under node_modules; each is bundled to a core of its own. Seeds are fixed: what is seen to fail once
 * is seen every time.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ablations, stories } from './ablations.ts'
import { patternAblations } from './pattern-ablations.ts'
import { sharedAblations } from './shared-ablations.ts'
import { tierAblations } from './tier-ablations.ts'
import { type Core, histories, play, type World, WORLDS } from './model/history.ts'

const all = [...ablations, ...sharedAblations, ...tierAblations, ...patternAblations]
const root = fileURLToPath(new URL('..', import.meta.url))
const sources = path.join(root, 'packages/core/src')
const RUNS = 400
const SEED = 20_251_121

let copies: string

beforeAll(() => {
  const cache = path.join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  copies = mkdtempSync(path.join(cache, 'larder-ablations-'))
})
afterAll(() => rmSync(copies, { recursive: true, force: true }))

/** A core of its own, from a copy of the sources that `change` has been at. */
async function coreFrom(name: string, change: (directory: string) => void): Promise<Core> {
  const directory = path.join(copies, name)
  cpSync(sources, directory, { recursive: true })
  change(directory)
  const file = path.join(copies, `${name}.mjs`)
  const bundle = await rolldown({ input: path.join(directory, 'index.ts'), logLevel: 'silent' })
  await bundle.write({ file, codeSplitting: false })
  await bundle.close()
  rmSync(directory, { recursive: true })
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Core
}

/** What is wrong with `core`, or undefined. */
async function problemOf(core: Core, seenBy: string): Promise<string | undefined> {
  if (!(WORLDS as readonly string[]).includes(seenBy)) {
    const story = stories[seenBy]
    if (story === undefined) throw new Error(`there is no scenario '${seenBy}'`)
    return story(core).then(
      () => undefined,
      (error: unknown) => String(error),
    )
  }
  const world = seenBy as World
  const property = fc.asyncProperty(histories(world), async (steps) => {
    await play(core, world, steps)
  })
  const details = await fc.check(property, { numRuns: RUNS, seed: SEED, endOnFailure: true })
  return details.failed ? `after ${details.numRuns}: ${String(details.errorInstance)}` : undefined
}

describe('a core that lacks nothing passes', () => {
  const checks = [...new Set(all.map(({ seenBy }) => seenBy))]
  let whole: Core
  beforeAll(async () => {
    whole = await coreFrom('whole', () => {})
  })

  test.for(checks)('%s', { timeout: 60_000 }, async (seenBy) => {
    expect(await problemOf(whole, seenBy)).toBe(undefined)
  })
})

describe('without it the proof fails:', () => {
  test.for(all.map((each, i) => [each.what, each, i] as const))(
    '%s',
    { timeout: 60_000 },
    async ([, { find, replace, seenBy }, i]) => {
      const core = await coreFrom(`without-${i}`, (directory) => {
        const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('.ts'))
          .map((file) => path.join(directory, file))
        const places = files.flatMap((file) =>
          readFileSync(file, 'utf8')
            .split(find)
            .slice(1)
            .map(() => file),
        )
        expect(places, `the sources hold this once: ${find}`).toHaveLength(1)
        const [place = ''] = places
        writeFileSync(
          place,
          readFileSync(place, 'utf8').replace(find, () => replace),
        )
      })

      const problem = await problemOf(core, seenBy)
      if (process.env['LARDER_EXPLORE'])
        console.log(`#${i} ${seenBy}: ${problem?.split('\n')[0] ?? 'NOTHING'}`)
      expect(problem).toBeDefined()
    },
  )
})
