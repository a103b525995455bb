import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@larder/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

describe('the clock of the system', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('does not carry a time from one turn into the next, however long lies between them', async () => {
    for (let i = 0; i < 20; i++) {
      systemClock.now()
      await new Promise<void>((resolve) => setImmediate(resolve))
      vi.advanceTimersByTime(1_000)
      expect(performance.now() - systemClock.now()).toBeLessThan(1)
    }
  })

  test('lags by less than two milliseconds where there are only timers', async () => {
    const nextTick = Reflect.get(process, 'nextTick')
    await new Promise<void>((resolve) => setImmediate(resolve))
    Reflect.deleteProperty(process, 'nextTick')
    try {
      for (let i = 0; i < 200; i++) {
        vi.advanceTimersByTime(1)
        systemClock.now()
        expect(performance.now() - systemClock.now()).toBeLessThan(2)
      }
    } finally {
      process.nextTick = nextTick
    }
  })

  test('lags by at most 64 readings where no turn ever ends', () => {
    const first = systemClock.now()
    vi.setSystemTime(Date.now() + 1)
    const late = vi.spyOn(performance, 'now').mockReturnValue(first + 10_000)
    let readings = 0
    while (systemClock.now() < first + 10_000 && readings < 1_000) readings++
    late.mockRestore()
    expect(readings).toBeLessThanOrEqual(64)
  })

  test('measures exactly, with fractions', () => {
    vi.spyOn(performance, 'now').mockReturnValueOnce(1.25)
    expect(systemClock.exact()).toBe(1.25)
  })

  test('waits as long as it is told', () => {
    const fired = vi.fn()
    systemClock.after(50, fired)
    vi.advanceTimersByTime(49)
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fired).toHaveBeenCalledOnce()
  })

  test('waits longer than setTimeout can count, and fires once', () => {
    const fired = vi.fn()
    systemClock.after(2 ** 31 + 1_000, fired)
    vi.advanceTimersByTime(2 ** 31 - 1)
    vi.advanceTimersByTime(1_000)
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fired).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(2 ** 32)
    expect(fired).toHaveBeenCalledOnce()
  })

  test('can be cancelled in any of its turns', () => {
    const fired = vi.fn()
    const cancel = systemClock.after(2 ** 31 + 1_000, fired)
    vi.advanceTimersByTime(2 ** 31)
    cancel()
    vi.advanceTimersByTime(2 ** 31)
    expect(fired).not.toHaveBeenCalled()
  })

  test('never fires what is to come never', () => {
    const before = vi.getTimerCount()
    const cancel = systemClock.after(Infinity, () => expect.unreachable())
    expect(vi.getTimerCount()).toBe(before)
    cancel()
  })
})

test('chance is evenly spread from 0 up to, not including, 1', () => {
  const drawn = Array.from({ length: 1_000 }, () => systemClock.random())
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...drawn)).toBeLessThan(1)
  expect(new Set(drawn).size).toBeGreaterThan(990)
})

test('a timer is unreferenced where that exists, and need not be where it does not', () => {
  const real = globalThis.setTimeout
  let fire: (() => void) | undefined
  globalThis.setTimeout = ((then: () => void) => {
    fire = then
    return 7
  }) as unknown as typeof setTimeout
  const fired = vi.fn()
  try {
    systemClock.after(1, fired)
  } finally {
    globalThis.setTimeout = real
  }
  fire?.()
  expect(fired).toHaveBeenCalledOnce()
})

test('no timer keeps the process alive', () => {
  const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))
  const program = `
    import { systemClock } from ${JSON.stringify(source)}
    systemClock.now()
    systemClock.after(600_000, () => {})
  `
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { timeout: 50_000, encoding: 'utf8', cwd: fileURLToPath(new URL('../../..', import.meta.url)) },
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
