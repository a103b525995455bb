/*
 * A store that goes wrong when told to: it fails, hangs, is slow, forgets or answers rubbish, until it is healed.
 *
 * Faults are set at run time and concern the operations that begin after that. A store that answers at once throws
 * where another would reject. It offers `getMany`, `setMany` and `deleteMany` if the store below does, and no `within`:
 * every operation passes through here.
 */

import {
  type Awaitable,
  type Clock,
  type Duration,
  durationOf,
  isPending,
  type RemovalListener,
  type Store,
  type Usage,
} from '@larder/core'

/**
 * What can be asked of a store.
 *
 * @example
 * const reads: readonly Operation[] = ['get', 'getMany']
 * faulty(memory()).slow('50ms', { on: reads })
 */
export type Operation =
  | 'get'
  | 'set'
  | 'delete'
  | 'getMany'
  | 'setMany'
  | 'deleteMany'
  | 'clear'
  | 'close'
  | 'check'

/**
 * Which operations a fault concerns. Default: all.
 *
 * @example
 * const where: Where = { on: ['get', 'getMany'] }
 * faulty(memory()).fail(where)
 */
export interface Where {
  readonly on?: readonly Operation[]
}

/**
 * An operation that was asked for and is held back. Until it is released, nothing has happened.
 *
 * @example
 * const store = faulty(delayed(memory()))
 * store.hang({ on: ['get'] })
 * const reading = createCache({ store }).get('key')
 * const [call]: readonly Hanging[] = store.hanging
 * await call?.release()
 */
export interface Hanging {
  readonly operation: Operation
  readonly keys: readonly string[]
  /** Carries it out now, and answers. Resolves when that is done. */
  release(): Promise<void>
  /** Answers with a failure; it is never carried out. */
  fail(error?: Error): void
}

type RubbishList = 'too short a list' | 'too long a list' | 'no list'

const RUBBISH: Readonly<Record<Exclude<Rubbish, RubbishList>, (record: unknown) => unknown>> = {
  null: () => null,
  text: () => 'rubbish',
  number: () => 42,
  list: () => [],
  empty: () => ({}),
  'without terms': (record: unknown) => ({ ...objectOf(record), terms: undefined }),
  'without stamps': (record: unknown) => ({ ...objectOf(record), terms: { staleFor: 0, keptFor: 0 } }),
  'with stamps that are none': (record: unknown) => ({
    ...objectOf(record),
    terms: { staleFor: 0, keptFor: 0, stamps: [null, 7, 'live'] },
  }),
  'without a time': (record: unknown) => ({ ...objectOf(record), freshUntil: Number.NaN }),
  'without a value': (record: unknown) => ({ ...objectOf(record), value: undefined }),
  'with a time that is a text': (record: unknown) => ({ ...objectOf(record), freshUntil: '9999999999999' }),
  'a promise': (record: unknown) => Promise.resolve(record),
}

const RUBBISH_LISTS: Readonly<Record<RubbishList, (records: readonly unknown[]) => unknown>> = {
  'too short a list': (records: readonly unknown[]) => records.slice(1),
  'too long a list': (records: readonly unknown[]) => [...records, ...records],
  'no list': () => null,
}

/**
 * What a broken store may answer in the place of a record.
 *
 * @example
 * const kind: Rubbish = 'without terms'
 * faulty(memory()).corrupt(kind)
 */
export type Rubbish =
  | 'null'
  | 'text'
  | 'number'
  | 'list'
  | 'empty'
  | 'without terms'
  | 'without stamps'
  | 'with stamps that are none'
  | 'without a time'
  | 'without a value'
  | 'with a time that is a text'
  | 'a promise'
  | 'too short a list'
  | 'too long a list'
  | 'no list'

/**
 * Every kind of rubbish that `corrupt` knows.
 *
 * @example
 * test.each(rubbish)('a miss is made of %s', async (kind) => {
 *   store.corrupt(kind)
 *   expect(await cache.get('k')).toBe(undefined)
 * })
 */
export const rubbish: readonly Rubbish[] = [
  ...Object.keys(RUBBISH),
  ...Object.keys(RUBBISH_LISTS),
] as Rubbish[]

/**
 * A store that fails as it is told.
 *
 * @example
 * const store: Faulty<Entry> = faulty(memory())
 * store.fail({ on: ['set'] }) // every set rejects, until
 * store.heal()
 */
export interface Faulty<R> extends Store<R> {
  /** Operations reject, or throw if the store answers at once. */
  fail(how?: Where & { readonly error?: Error }): void
  /** Operations answer only when they are released. */
  hang(how?: Where): void
  /** The operations that are held back, oldest first. */
  readonly hanging: readonly Hanging[]
  /** Operations are carried out this much later. */
  slow(by: Duration, how?: Where): void
  /** Forgets these records at once; without keys, all that were set through here. */
  vanish(...keys: readonly string[]): Promise<void>
  /** Forgets this share of what is set from now on, by the clock's chance. */
  lose(share: number): void
  /** Reads that find something answer rubbish instead. */
  corrupt(kind: Rubbish): void
  /** No more faults. What hangs stays until it is released. */
  heal(): void
  /** Every operation that was asked for, oldest first. */
  readonly calls: readonly { readonly operation: Operation; readonly keys: readonly string[] }[]
}

interface Plan {
  fail: (Where & { readonly error?: Error }) | undefined
  hang: Where | undefined
  slow: (Where & { readonly by: number }) | undefined
  lose: number
  corrupt: Rubbish | undefined
}

/**
 * `clock` is needed for `slow` and `lose`.
 *
 * @example
 * const store = faulty(delayed(memory()), clock)
 * const cache = createCache({ store, clock })
 * store.hang({ on: ['get'] })
 * const asked = cache.get('k')
 * await clock.advance('200ms')
 * expect(await asked).toBe(undefined)   // the deadline of the store has passed
 */
export function faulty<R>(store: Store<R>, clock?: Clock): Faulty<R> {
  const plan: Plan = { fail: undefined, hang: undefined, slow: undefined, lose: 0, corrupt: undefined }
  const calls: { operation: Operation; keys: readonly string[] }[] = []
  const seen = new Set<string>()
  let hanging: readonly Hanging[] = []

  const hold = <T>(operation: Operation, keys: readonly string[], carryOut: () => Awaitable<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const letGo = (): void => {
        hanging = hanging.filter((each) => each !== held)
      }
      const held: Hanging = {
        operation,
        keys,
        async release() {
          letGo()
          try {
            resolve(await carryOut())
          } catch (error) {
            reject(error)
          }
        },
        fail(error = failure(operation)) {
          letGo()
          reject(error)
        },
      }
      hanging = [...hanging, held]
    })

  const later = <T>(by: number, carryOut: () => Awaitable<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      clockOf(clock, 'slow').after(by, () => {
        Promise.resolve().then(carryOut).then(resolve, reject)
      })
    })

  const through = <T>(
    operation: Operation,
    keys: readonly string[],
    carryOut: () => Awaitable<T>,
  ): Awaitable<T> => {
    calls.push({ operation, keys })
    const { fail, hang, slow } = plan
    if (concerns(hang, operation)) return hold(operation, keys, carryOut)
    if (fail !== undefined && concerns(fail, operation)) {
      const error = fail.error ?? failure(operation)
      if (store.sync === true) throw error
      return Promise.reject(error)
    }
    if (slow !== undefined && concerns(slow, operation)) return later(slow.by, carryOut)
    return carryOut()
  }

  const isLost = (): boolean => plan.lose > 0 && clockOf(clock, 'lose').random() < plan.lose

  return {
    name: store.name,
    ...(store.sync !== undefined && { sync: store.sync }),
    get: (key) =>
      through('get', [key], () => then(store.get(key), (record) => spoilt<R>(plan.corrupt, record))),
    set: (key, record, ttl) =>
      through('set', [key], () => {
        seen.add(key)
        return isLost() ? store.delete(key) : store.set(key, record, ttl)
      }),
    delete: (key) => through('delete', [key], () => store.delete(key)),
    ...(store.getMany && {
      getMany: (list: readonly string[]) =>
        through('getMany', list, () =>
          then(store.getMany?.(list) ?? [], (found) => spoiltList<R>(plan.corrupt, found)),
        ),
    }),
    ...(store.setMany && {
      setMany: (records: readonly (readonly [string, R, number])[]) =>
        through(
          'setMany',
          records.map(([key]) => key),
          () => {
            for (const [key] of records) seen.add(key)
            return store.setMany?.(records.filter(() => !isLost()))
          },
        ),
    }),
    ...(store.deleteMany && {
      deleteMany: (list: readonly string[]) => through('deleteMany', list, () => store.deleteMany?.(list)),
    }),
    ...(store.clear && {
      clear: (prefix: string) => through('clear', [prefix], () => store.clear?.(prefix)),
    }),
    ...(store.keys && { keys: (prefix: string) => store.keys?.(prefix) ?? nothing() }),
    ...(store.usage && { usage: () => store.usage?.() as Usage }),
    ...(store.onRemoval && {
      onRemoval: (listener: RemovalListener) => store.onRemoval?.(listener) ?? (() => {}),
    }),
    check: () => through('check', [], () => store.check?.()),
    close: () => through('close', [], () => store.close?.()),

    fail(how = {}) {
      plan.fail = how
    },
    hang(how = {}) {
      plan.hang = how
    },
    get hanging() {
      return hanging
    },
    slow(by, how = {}) {
      clockOf(clock, 'slow')
      plan.slow = { ...how, by: durationOf(by, 'slow') }
    },
    async vanish(...list) {
      for (const key of list.length > 0 ? list : seen) await store.delete(key)
    },
    lose(share) {
      clockOf(clock, 'lose')
      plan.lose = share
    },
    corrupt(kind) {
      plan.corrupt = kind
    },
    heal() {
      plan.fail = plan.hang = plan.slow = plan.corrupt = undefined
      plan.lose = 0
    },
    calls,
  }
}

function concerns(where: Where | undefined, operation: Operation): boolean {
  return where !== undefined && (where.on === undefined || where.on.includes(operation))
}

const failure = (operation: Operation): Error => new Error(`the store fails on purpose: ${operation}`)

function clockOf(clock: Clock | undefined, what: string): Clock {
  if (clock === undefined) throw new TypeError(`${what}: needs the clock: faulty(store, clock)`)
  return clock
}

function then<T, U>(answer: Awaitable<T>, go: (value: T) => U): Awaitable<U> {
  return isPending(answer) ? answer.then(go) : go(answer)
}

async function* nothing(): AsyncGenerator<string> {}

function objectOf(record: unknown): object {
  return typeof record === 'object' && record !== null ? record : {}
}

/** What is rubbish is no R; whoever reads it is to find that out. */
function spoilt<R>(kind: Rubbish | undefined, record: R | undefined): R | undefined {
  if (record === undefined || kind === undefined || !isOfRecords(kind)) return record
  return RUBBISH[kind](record) as R
}

function spoiltList<R>(
  kind: Rubbish | undefined,
  found: readonly (R | undefined)[],
): readonly (R | undefined)[] {
  if (kind === undefined) return found
  if (isOfRecords(kind)) return found.map((record) => spoilt(kind, record))
  return RUBBISH_LISTS[kind](found) as readonly R[]
}

function isOfRecords(kind: Rubbish): kind is keyof typeof RUBBISH {
  return kind in RUBBISH
}
