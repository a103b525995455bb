/*
 * A loader that is let go by hand: each call waits until the test says what it brings. Nothing sleeps, and a test
 * decides what happens before what.
 */

import type { LoadContext } from '@larder/core'

/**
 * One call of a held loader.
 *
 * @example
 * const source = held<string>()
 * const call: HeldCall<string, [context: LoadContext<string>]> = await source.call(1)
 * call.fail(new Error('the second load fails'))
 */
export interface HeldCall<T, A extends readonly unknown[]> {
  /** What the loader was called with. */
  readonly args: A
  readonly isSettled: boolean
  /** Lets it bring `value`; without one, what `held` was given. */
  release(...value: [value?: T]): void
  fail(error: unknown): void
}

/**
 * A loader that answers when it is told.
 *
 * @example
 * const source: Held<string> = held('value')
 * const reading = cache.getOrSet('key', source.load)
 * await source.started
 * source.release()
 */
export interface Held<T, A extends readonly unknown[] = [context: LoadContext<T>]> {
  /** Give this one to the cache. */
  readonly load: (...args: A) => Promise<T>
  /** All calls so far, oldest first. */
  readonly calls: readonly HeldCall<T, A>[]
  /** Resolves when the loader is called for the first time. */
  readonly started: Promise<HeldCall<T, A>>
  /** Resolves when the loader is called for the nth time; 1 is the first. */
  call(n: number): Promise<HeldCall<T, A>>
  /** Releases the oldest call that still waits. */
  release(...value: [value?: T]): void
  /** Lets the oldest call that still waits fail. */
  fail(error: unknown): void
}

/**
 * A loader that is let go by hand, so that a test decides what happens first.
 *
 * @example
 * const source = held('old')
 * const asked = cache.getOrSet('k', source.load)
 * await source.started
 * await cache.delete('k')
 * source.release()
 * expect(await asked).toBe('old')
 * expect(await cache.get('k')).toBe(undefined)
 */
export function held<T, A extends readonly unknown[] = [context: LoadContext<T>]>(
  ...given: [value?: T]
): Held<T, A> {
  const calls: HeldCall<T, A>[] = []
  const awaited: { readonly n: number; readonly come: (call: HeldCall<T, A>) => void }[] = []

  const call = (n: number): Promise<HeldCall<T, A>> =>
    new Promise((come) => {
      const known = calls[n - 1]
      if (known === undefined) awaited.push({ n, come })
      else come(known)
    })

  const oldest = (): HeldCall<T, A> => {
    const open = calls.find((each) => !each.isSettled)
    if (open === undefined) throw new Error(`no call of the loader waits; there were ${calls.length}`)
    return open
  }

  const begin = (args: A): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      let isSettled = false
      const begun: HeldCall<T, A> = {
        args,
        get isSettled() {
          return isSettled
        },
        release(...value) {
          isSettled = true
          resolve((value.length > 0 ? value[0] : given[0]) as T)
        },
        fail(error) {
          isSettled = true
          reject(error)
        },
      }
      calls.push(begun)
      for (const { n, come } of awaited) if (n === calls.length) come(begun)
    })

  return {
    load: (...args) => begin(args),
    calls,
    started: call(1),
    call,
    release: (...value) => oldest().release(...value),
    fail: (error) => oldest().fail(error),
  }
}
