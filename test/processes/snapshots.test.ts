/*
 * Snapshots between real processes; and what protects them, taken out: the story that it is for must fail.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ICache } from '@larder/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Change, program } from './program.ts'
import type * as Parts from './snapshot-parts.ts'

const PATIENCE = 60_000

let folder: string
let file: string
let nth = 0
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'larder-snapshots-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  file = path.join(folder, `${++nth}.snapshot`)
})

async function run(main: string, what: string): Promise<{ signal: string | null; said: string }> {
  const child = spawn(process.execPath, [main, what, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: PATIENCE,
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const signal = await new Promise<string | null>((resolve, reject) => {
    child.on('error', reject).on('close', (_, by) => resolve(by))
  })
  return { signal, said }
}

test(
  'a process that is killed while it takes a snapshot leaves the one before, and the next one starts warm',
  { timeout: 3 * PATIENCE },
  async () => {
    const made = await program([], new URL('snapshot.child.ts', import.meta.url))
    try {
      const { signal, said } = await run(made.file, 'leave')
      expect(signal).toBe('SIGKILL')
      expect(JSON.parse(said)).toMatchObject({ entries: 1_000, leftOut: 0 })
      const remnants = readdirSync(folder).filter((name) => name.endsWith('.tmp'))
      expect(remnants, 'it was in the middle of it').toHaveLength(1)

      const next = await run(made.file, 'come')

      expect(JSON.parse(next.said)).toEqual({ entries: 1_000, leftOut: 0, loads: 0, wrong: 0 })
    } finally {
      made.remove()
    }
  },
)

/** Elsewhere no machine says which start of it this is. */
const NEEDS_LINUX: keyof typeof stories = 'nor where the calendar was set back'
const isFit = (story: string): boolean => process.platform === 'linux' || story !== NEEDS_LINUX

type Story = (parts: typeof Parts) => Promise<void>

interface World {
  readonly cache: () => ICache
  readonly clock: ReturnType<typeof Parts.manualClock>
}

function worldOf({ createCache, manualClock, memory }: typeof Parts): World {
  const clock = manualClock({ start: 1_700_000_000_000 })
  return { clock, cache: () => createCache({ store: memory({ clock }), clock, ttl: '1h' }) }
}

const stories = {
  'a head that says it is younger is not believed': async (parts) => {
    const { cache, clock } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)
    await clock.advance('80s')
    const whole = readFileSync(file, 'latin1')
    writeFileSync(file, whole.replace('"at":17000000000', '"at":17000000300'), 'latin1')

    const after = cache()
    await parts.restore(after, file)

    expect(await after.get('k')).toBe(undefined)
  },

  'a snapshot that fails leaves the one before': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)
    const broken = parts.codec({
      serializer: {
        ...parts.json(),
        serializeBehind() {
          throw new Error('half way')
        },
      },
    })
    await expect(parts.snapshot(before, file, { codec: broken })).rejects.toThrow('half way')

    expect(await parts.restore(cache(), file)).toMatchObject({ entries: 1 })
  },

  'no life is longer than it had left': async (parts) => {
    const { cache, clock } = worldOf(parts)
    const before = cache()
    await before.set('k', 1, { ttl: '20s' })
    await parts.snapshot(before, file)
    await clock.advance('30s')

    const after = cache()
    await parts.restore(after, file)

    expect(await after.get('k')).toBe(undefined)
  },

  'nor where the calendar was set back': async (parts) => {
    const { cache, clock } = worldOf(parts)
    const before = cache()
    await before.set('k', 1, { ttl: '20s' })
    await parts.snapshot(before, file)
    clock.jump(clock.now() - 3_600_000)

    const after = cache()
    await parts.restore(after, file)

    expect((await after.ttl('k')) ?? 0).toBeLessThanOrEqual(20_000)
    expect(await after.has('k'), 'the machine has told how long it was').toBe(true)
  },

  'a tag reaches what was restored': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.namespace('users').set('k', 1, { tags: ['t'] })
    await parts.snapshot(before, file)

    const after = cache()
    await parts.restore(after, file)
    await after.namespace('users').invalidateTags('t')

    expect(await after.namespace('users').get('k')).toBe(undefined)
  },

  'what was deleted here does not come back': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)

    const after = cache()
    await after.delete('k')
    await parts.restore(after, file)

    expect(await after.get('k')).toBe(undefined)
  },

  'nor what was deleted while the file is read': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)

    const after = cache()
    const restoring = parts.restore(after, file)
    await after.delete('k')
    await restoring

    expect(await after.get('k')).toBe(undefined)
  },

  'nor what a pattern has deleted': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)

    const after = cache()
    await after.deleteMatching('*')
    await parts.restore(after, file)

    expect(await after.get('k')).toBe(undefined)
  },

  'nor what was tagged': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.set('k', 1, { tags: ['t'] })
    await parts.snapshot(before, file)

    const after = cache()
    await after.invalidateTags('t')
    await parts.restore(after, file)

    expect(await after.get('k')).toBe(undefined)
  },

  'what was loaded here stays': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)

    const after = cache()
    await after.getOrSet('k', () => 2)
    await parts.restore(after, file)

    expect(await after.get('k')).toBe(2)
  },

  'a snapshot is restored once': async (parts) => {
    const { cache } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)
    const first = cache()
    await parts.restore(first, file)
    await first.delete('k')

    const second = cache()
    await parts.restore(second, file)

    expect(await second.get('k')).toBe(undefined)
  },

  'an old snapshot is not restored': async (parts) => {
    const { cache, clock } = worldOf(parts)
    const before = cache()
    await before.set('k', 1)
    await parts.snapshot(before, file)
    await clock.advance('2m')

    const after = cache()
    await parts.restore(after, file)

    expect(await after.get('k')).toBe(undefined)
  },
} satisfies Readonly<Record<string, Story>>

interface Ablation {
  readonly what: string
  readonly without: readonly Change[]
  readonly seenBy: keyof typeof stories
}

const without = (find: string, replace = ''): readonly Change[] => [{ find, replace }]

const ablations: readonly Ablation[] = [
  {
    what: 'the sum of the file',
    without: without(`if (!sum.equals(file.subarray(Math.max(0, end)))) return 'damaged'`),
    seenBy: 'a head that says it is younger is not believed',
  },
  {
    what: 'the other name while it is written',
    without: [
      { find: '${file}.${randomUUID()}.tmp', replace: '${file}' },
      { find: `'wx', 0o600`, replace: `'w', 0o600` },
    ],
    seenBy: 'a snapshot that fails leaves the one before',
  },
  {
    what: 'taking off what has passed',
    without: without('head.taken.at + age)', 'head.taken.at)'),
    seenBy: 'no life is longer than it had left',
  },
  {
    what: 'the clock of the machine',
    without: without('isSameStart ? now.up - taken.up : -1', '-1'),
    seenBy: 'nor where the calendar was set back',
  },
  {
    what: 'the tags of this process',
    without: without('home.stampsNow(tags)', 'home.stampsNow([])'),
    seenBy: 'a tag reaches what was restored',
  },
  {
    what: 'that a key was changed',
    without: without('cut(key: string): void {\n    this.house.isChanged = true', 'cut(key: string): void {'),
    seenBy: 'what was deleted here does not come back',
  },
  {
    what: 'looking once more before the entries are taken over',
    without: [
      { find: `if (into.isChanged) return refusal('changed')\n  // From`, replace: '// From' },
      { find: 'if (house.isChanged || !isInside(key)', replace: 'if (!isInside(key)' },
    ],
    seenBy: 'nor what was deleted while the file is read',
  },
  {
    what: 'that a pattern was deleted',
    without: without(
      'cutWhere(matches: (key: string) => boolean): void {\n    this.house.isChanged = true',
      'cutWhere(matches: (key: string) => boolean): void {',
    ),
    seenBy: 'nor what a pattern has deleted',
  },
  {
    what: 'that a tag was invalidated',
    without: without('invalidating(): void {\n    this.house.isChanged = true', 'invalidating(): void {'),
    seenBy: 'nor what was tagged',
  },
  {
    what: 'leaving alone what is there',
    without: without('if (home.look(name) !== undefined) return false'),
    seenBy: 'what was loaded here stays',
  },
  {
    what: 'taking the file away',
    without: without('await rm(file)\n', 'await Promise.resolve()\n'),
    seenBy: 'a snapshot is restored once',
  },
  {
    what: 'the age that is allowed',
    without: without(`if (age > maxAge) return refusal('too-old')`),
    seenBy: 'an old snapshot is not restored',
  },
]

async function partsWithout(changes: readonly Change[]): Promise<typeof Parts> {
  const made = await program(changes, new URL('snapshot-parts.ts', import.meta.url))
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(made.file).href)) as typeof Parts
  } finally {
    made.remove()
  }
}

describe('with all its parts every story ends well', () => {
  let parts: typeof Parts
  beforeAll(async () => {
    parts = await partsWithout([])
  }, PATIENCE)

  test.each(Object.entries(stories).filter(([name]) => isFit(name)))('%s', async (_, story) => {
    await story(parts)
  })
})

describe('without it the story fails:', () => {
  test.each(ablations.filter(({ seenBy }) => isFit(seenBy)))(
    '$what',
    { timeout: PATIENCE },
    async ({ without: changes, seenBy }) => {
      const parts = await partsWithout(changes)

      await expect(stories[seenBy](parts)).rejects.toThrow()
    },
  )
})
