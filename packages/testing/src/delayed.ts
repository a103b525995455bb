/*
 * A store that takes its time: any store, and every question and every answer of it on their way for a while.
 *
 * So the ways of the engine for stores that do not answer at once can be walked with a memory store below. `wait`
 * decides what "a while" is: a turn of the promises, unless told otherwise; with a scheduler, any order.
 */

import type { RemovalListener, Store, Usage } from '@larder/core'

/**
 * What `delayed` takes.
 *
 * @example
 * const slow = delayed(memory(), { wait: () => Promise.resolve() }) // every answer comes a moment later
 */
export interface DelayedOptions {
  /** Called before each operation is carried out, and again before its answer arrives. Default: one turn. */
  readonly wait?: (what: string) => PromiseLike<unknown>
}

/**
 * A store whose every answer comes later: when `wait` says so.
 *
 * @example
 * const cache = createCache({ store: delayed(memory()) })
 *
 * @example
 * fc.asyncProperty(fc.scheduler(), async (scheduler) => {
 *   const store = delayed(memory(), { wait: (what) => scheduler.schedule(Promise.resolve(), what) })
 * })
 */
export function delayed<R>(store: Store<R>, options: DelayedOptions = {}): Store<R> {
  const { wait = async () => {} } = options

  const travel = async <T>(what: string, operation: () => T | PromiseLike<T>): Promise<T> => {
    await wait(what)
    const answer = await operation()
    await wait(`${what}, answered`)
    return answer
  }

  return {
    name: `delayed ${store.name}`,
    sync: false,
    get: (key) => travel(`get ${key}`, () => store.get(key)),
    set: (key, record, ttl) => travel(`set ${key}`, () => store.set(key, record, ttl)),
    delete: (key) => travel(`delete ${key}`, () => store.delete(key)),
    ...(store.getMany && {
      getMany: (list: readonly string[]) =>
        travel(`getMany ${list.join(' ')}`, () => store.getMany?.(list) ?? []),
    }),
    ...(store.setMany && {
      setMany: (records: readonly (readonly [string, R, number])[]) =>
        travel(`setMany ${records.map(([key]) => key).join(' ')}`, () => store.setMany?.(records)),
    }),
    ...(store.deleteMany && {
      deleteMany: (list: readonly string[]) =>
        travel(`deleteMany ${list.join(' ')}`, () => store.deleteMany?.(list)),
    }),
    ...(store.clear && { clear: (prefix: string) => travel(`clear ${prefix}`, () => store.clear?.(prefix)) }),
    ...(store.keys && {
      async *keys(prefix: string) {
        await wait(`keys ${prefix}`)
        if (store.keys !== undefined) yield* store.keys(prefix)
      },
    }),
    ...(store.usage && { usage: () => store.usage?.() as Usage }),
    ...(store.onRemoval && {
      onRemoval: (listener: RemovalListener) => store.onRemoval?.(listener) ?? (() => {}),
    }),
    ...(store.check && { check: () => travel('check', () => store.check?.()) }),
    close: () => travel('close', () => store.close?.()),
  }
}
