import { type Entry, entryOf, isPending, termsOf, valueRefused } from '@larder/core'
import { manualClock, type ManualClock, settled } from '@larder/testing'
import { describe, expect, test } from 'vitest'
import { type Far, Writes, type WritesPorts } from '../src/engine/writes.ts'
import { Deadlines } from '../src/store/deadline.ts'

/** As many deletions are kept in mind. */
const LIMIT = 10_000

interface Call {
  readonly what: string
  ok(): void
  fail(error?: Error): void
}

interface Bench {
  readonly writes: Writes
  readonly clock: ManualClock
  /** What has gone out and was not answered, oldest first. */
  readonly out: Call[]
  readonly told: string[]
  /** An operation that goes out as `what`. */
  readonly run: (what: string, key: string, owes?: boolean, latest?: Entry) => Promise<Far>
}

const entry = (value: unknown): Entry => entryOf(value, Infinity, termsOf(0, 0, []))

function bench(more: Partial<WritesPorts> = {}, random = (): number => 0): Bench {
  const clock = manualClock({ random })
  const deadlines = new Deadlines(clock, 100)
  const out: Call[] = []
  const told: string[] = []
  const send = (what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const call: Call = {
        what,
        ok: () => (out.splice(out.indexOf(call), 1), resolve()),
        fail: (error = new Error('no')) => (out.splice(out.indexOf(call), 1), reject(error)),
      }
      out.push(call)
    })
  const writes = new Writes({
    clock,
    sync: false,
    forget: (key) => send(`forget ${key}`),
    deadlines,
    late: () => {},
    failed: (operation, key) => told.push(`failed ${operation} ${key}`),
    applied: () => {},
    queued: (key) => told.push(`queued ${key}`),
    delivered: (key) => told.push(`delivered ${key}`),
    background: (work) => void work.catch(() => {}),
    overflow: () => told.push('overflow'),
    ...more,
  })
  const run = async (what: string, key: string, owes = true, latest?: Entry): Promise<Far> =>
    writes.run(what, key, latest, owes, () => send(`${what} ${key}`))
  return { writes, clock, out, told, run }
}

describe('the writes of one key', () => {
  test('go out one after the other, in the order of their calls', async () => {
    const { run, out } = bench()
    const all = [run('first', 'k'), run('second', 'k'), run('third', 'k')]
    for (const what of ['first k', 'second k', 'third k']) {
      await settled()
      expect(out.map((each) => each.what)).toEqual([what])
      out[0]?.ok()
    }
    expect(await Promise.all(all)).toEqual(['applied', 'applied', 'applied'])
  })

  test('do not wait for those of other keys', async () => {
    const { run, out } = bench()
    const all = [run('set', 'k'), run('set', 'l')]
    await settled()
    expect(out).toHaveLength(2)
    for (const each of out.slice()) each.ok()
    await Promise.all(all)
  })

  test('are the last word on it until they are acknowledged', async () => {
    const { writes, run, out } = bench()
    const [one, two] = [entry(1), entry(2)]
    const first = run('set', 'k', true, one)
    expect([writes.behind('k'), writes.latest('k')]).toEqual([true, one])
    const second = run('set', 'k', true, two)
    expect(writes.latest('k')).toBe(two)
    expect(writes.keys()).toEqual(['k'])
    await settled()
    out[0]?.ok()
    await first
    expect(writes.latest('k')).toBe(two)
    await settled()
    out[0]?.ok()
    await second
    expect([writes.behind('k'), writes.latest('k'), writes.size]).toEqual([false, undefined, 0])
  })

  test('are hidden by an invalidation of tags', () => {
    const { writes, run } = bench()
    void run('set', 'k', true, entry(1))
    writes.hide()
    expect([writes.behind('k'), writes.latest('k')]).toEqual([true, undefined])
  })

  test('wait for one that missed its deadline until it has settled', async () => {
    const { clock, run, out } = bench()
    const late = run('set', 'k')
    const next = run('delete', 'k')
    await clock.advance(150)
    expect(await late).toBe('queued')
    expect(out.map((each) => each.what)).toEqual(['set k'])
    out[0]?.ok()
    await settled()
    expect(out.map((each) => each.what)).toEqual(['delete k'])
    out[0]?.ok()
    expect(await next).toBe('queued')
  })

  test('that never settle are taken for dead after half a minute, and what they should have replaced is owed', async () => {
    const { clock, writes, run, out, told } = bench()
    void run('set', 'k')
    const next = run('delete', 'k')
    await clock.advance(29_000)
    expect(out.map((each) => each.what)).toEqual(['set k'])
    await clock.advance(2_000)
    expect(out.map((each) => each.what)).toEqual(['set k', 'delete k'])
    expect([writes.owing, told]).toEqual([1, ['failed set k', 'queued k']])
    out[1]?.ok()
    expect(await next).toBe('queued')
    await settled()
    expect([writes.owing, writes.size]).toEqual([0, 0])
  })
})

describe('what did not get through', () => {
  test('is owed as a deletion, and tried again until it is through', async () => {
    const { clock, writes, run, out, told } = bench()
    const deleted = run('delete', 'k')
    await settled()
    out[0]?.fail()
    expect(await deleted).toBe('queued')
    expect([writes.owing, writes.behind('k'), writes.latest('k')]).toEqual([1, true, undefined])
    await clock.advance(10)
    expect(out.map((each) => each.what)).toEqual(['forget k'])
    out[0]?.ok()
    await settled()
    expect([writes.owing, writes.behind('k')]).toEqual([0, false])
    expect(told).toEqual(['failed delete k', 'queued k', 'delivered k'])
  })

  test('is tried for a few keys at a time, and for all as soon as one gets through', async () => {
    const { clock, run, out, writes } = bench()
    for (let i = 0; i < 100; i++) void run('delete', `k${i}`)
    await settled()
    for (const each of out.slice()) each.fail()
    await settled()
    expect([writes.owing, out.length]).toEqual([100, 0])
    while (out.length === 0) await clock.advance(1)
    expect(out.length).toBe(16)

    out[0]?.ok()
    await settled()

    expect(out.length).toBe(99)
    for (const each of out.slice()) each.ok()
    await settled()
    expect([writes.owing, writes.size]).toEqual([0, 0])
  })

  test('is tried with pauses that double up to a second, shortened by chance', async () => {
    for (const chance of [0.5, 0.999]) {
      const { clock, run, out } = bench({}, () => chance)
      void run('delete', 'k')
      await settled()
      out[0]?.fail()
      await settled()
      const pauses: number[] = []
      for (let i = 0, since = clock.now(); i < 10; since = clock.now(), i++) {
        while (out.length === 0) await clock.advance(1)
        pauses.push(clock.now() - since)
        out[0]?.fail()
        await settled()
      }
      const right = [50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000, 1_000]
      pauses.forEach((pause, i) => expect(Math.abs(pause - (right[i] ?? 0) * chance)).toBeLessThanOrEqual(2))
    }
  })

  test('is tried at once when somebody asks, but not twice at a time', async () => {
    const { writes, run, out } = bench({}, () => 0.9)
    void run('delete', 'k')
    await settled()
    out[0]?.fail()
    await settled()
    writes.deliver('k')
    writes.deliver('k')
    writes.deliver('other')
    await settled()
    expect(out.map((each) => each.what)).toEqual(['forget k'])
  })

  test('is paid by whatever is written next', async () => {
    const { writes, run, out, told } = bench({}, () => 0.9)
    void run('delete', 'k')
    await settled()
    out[0]?.fail()
    await settled()
    const value = entry(1)
    const written = run('set', 'k', true, value)
    expect(writes.latest('k')).toBe(value)
    await settled()
    out[0]?.ok()
    expect(await written).toBe('applied')
    expect([writes.owing, writes.size, told.at(-1)]).toEqual([0, 0, 'delivered k'])
  })

  test('is not owed where nothing was promised: a fill that fails leaves the key alone', async () => {
    const { writes, run, out } = bench()
    const filled = run('set', 'k', false, entry(1))
    await settled()
    out[0]?.fail()
    expect(await filled).toBe('queued')
    expect([writes.owing, writes.size]).toEqual([0, 0])
  })

  test('is no longer owed after it was forgiven', async () => {
    const { writes, run, out } = bench()
    void run('delete', 'k')
    void run('delete', 'l')
    await settled()
    for (const each of out.slice()) each.fail()
    await settled()
    const open = run('set', 'l', true, entry(1))
    writes.forgive()
    expect([writes.owing, writes.behind('k'), writes.behind('l')]).toEqual([0, false, true])
    await settled()
    out.find((each) => each.what === 'set l')?.ok()
    await open
    expect(writes.size).toBe(0)
  })

  test('beyond the limit is too much to keep in mind: somebody is told', async () => {
    const { writes, run, out, told } = bench()
    for (let i = 0; i <= LIMIT; i++) void run('delete', `k${i}`)
    await settled()
    for (const each of out.slice(0, LIMIT)) each.fail()
    await settled()
    expect([writes.owing, told.includes('overflow')]).toEqual([LIMIT, false])
    out[0]?.fail()
    await settled()
    expect(told.filter((each) => each === 'overflow')).toEqual(['overflow'])
  })
})

describe('a value that the store refuses', () => {
  test('has changed nothing: whoever wrote it is told, nothing is owed, nobody sees it', async () => {
    const { writes, run, out, told } = bench()
    const written = run('set', 'k', true, entry(1))
    await settled()
    out[0]?.fail(valueRefused('a function'))
    await expect(written).rejects.toMatchObject({ code: 'VALUE_REFUSED' })
    expect([writes.owing, writes.size, told]).toEqual([0, 0, []])
  })

  test('is not shown while an older deletion is still owed', async () => {
    const { writes, run, out } = bench({}, () => 0.9)
    void run('delete', 'k')
    await settled()
    out[0]?.fail()
    await settled()
    const written = run('set', 'k', true, entry(1))
    await settled()
    out[0]?.fail(valueRefused('a function'))
    await expect(written).rejects.toMatchObject({ code: 'VALUE_REFUSED' })
    expect([writes.behind('k'), writes.latest('k'), writes.owing]).toEqual([true, undefined, 1])
  })
})

describe('a synchronous store', () => {
  const sync = { sync: true }

  test('needs no lane while it keeps its word', () => {
    const { writes } = bench(sync)
    expect(writes.run('set', 'k', entry(1), true, () => {})).toBe('applied')
    expect(writes.size).toBe(0)
  })

  test('that throws owes the deletion', async () => {
    const { writes, clock, out } = bench(sync)
    const fail = (): void => {
      throw new Error('no')
    }
    expect(writes.run('set', 'k', entry(1), true, fail)).toBe('queued')
    expect(writes.run('set', 'l', entry(1), false, fail)).toBe('queued')
    expect([writes.owing, writes.behind('k'), writes.behind('l')]).toEqual([1, true, false])
    await clock.advance(5)
    expect(out.map((each) => each.what)).toEqual(['forget k'])
  })

  test('that refuses a value says so at once', () => {
    const { writes } = bench(sync)
    const refuse = (): void => {
      throw valueRefused('no')
    }
    expect(() => writes.run('set', 'k', entry(1), true, refuse)).toThrow('cannot be kept')
    expect(writes.size).toBe(0)
  })

  test('that answers later all the same is waited for', async () => {
    const { writes } = bench(sync)
    const far = writes.run('set', 'k', entry(1), true, () => Promise.resolve())
    expect(isPending(far)).toBe(true)
    expect(writes.behind('k')).toBe(true)
    expect(await far).toBe('applied')
    expect(writes.behind('k')).toBe(false)
  })
})

describe('at the end', () => {
  test('what is under way is waited for, and what is owed is tried once more', async () => {
    const { writes, run, out } = bench({}, () => 0.9)
    void run('delete', 'k')
    await settled()
    out[0]?.fail()
    await settled()
    let flushed = false
    const flushing = writes.flush().then(() => {
      flushed = true
    })
    await settled()
    expect([flushed, out.map((each) => each.what)]).toEqual([false, ['forget k']])
    out[0]?.ok()
    await flushing
    expect(writes.size).toBe(0)
  })

  test('nothing goes out any more, neither what was in line nor what is owed', async () => {
    const { writes, run, clock, out } = bench()
    const [first, second] = [run('set', 'k'), run('set', 'k')]
    await settled()
    writes.close()
    out[0]?.fail()
    await clock.advance(60_000)
    writes.deliver('k')
    await settled()
    expect(out).toEqual([])
    expect([await first, await second]).toEqual(['queued', 'queued'])
  })

  test('a long line ends as a short one does', async () => {
    const { writes, run, out } = bench()
    const all = Array.from({ length: 20_000 }, () => run('set', 'k'))
    await settled()
    writes.close()
    out[0]?.fail()
    expect(new Set(await Promise.all(all))).toEqual(new Set(['queued']))
    expect([out.length, writes.owes('k')]).toEqual([0, true])
  })
})
