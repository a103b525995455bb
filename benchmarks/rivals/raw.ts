/*
 * The clients of Redis, alone: JSON.parse of what GET answers, SET with PX of JSON.stringify. What anybody writes first.
 */
import { loading } from './by-hand.ts'
import type { Asked, Contender, RedisPlace } from './rival.ts'

/** What all clients can do, under the same names. */
export interface Raw {
  readonly get: (key: string) => Promise<string | null>
  readonly set: (key: string, text: string) => Promise<unknown>
  readonly mget: (keys: string[]) => Promise<(string | null)[]>
  readonly del: (key: string) => Promise<unknown>
  readonly close: () => unknown
}

export type Connect = (place: RedisPlace) => Promise<Raw>

const parsed = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text))

function askedOf(raw: Raw, { load }: RedisPlace): Asked {
  const get = async (key: string): Promise<unknown> => parsed(await raw.get(key))
  const set = (key: string, value: unknown): Promise<unknown> => raw.set(key, JSON.stringify(value))
  return {
    get,
    set,
    getOrSet: loading({ get, set }, load),
    getMany: async (keys) => (await raw.mget([...keys])).map(parsed),
    delete: raw.del,
    close: raw.close,
  }
}

export const client = (name: string, from: string, how: string, connect: Connect): Contender => ({
  name,
  packages: [from],
  how,
  waits: true,
  open: async (place) => askedOf(await connect(place), place),
})

/** What is asked in one tick, in one MGET: the limit of what can be had over a client. */
export const byTheTick =
  (connect: Connect): Connect =>
  async (place) => {
    const raw = await connect(place)
    interface Waiting {
      readonly key: string
      readonly resolve: (text: string | null) => void
      readonly reject: (error: unknown) => void
    }
    let tick: Waiting[] = []
    const ask = (): void => {
      const asked = tick
      tick = []
      raw.mget(asked.map(({ key }) => key)).then(
        (texts) => {
          for (const [at, { resolve }] of asked.entries()) resolve(texts[at] ?? null)
        },
        (error: unknown) => {
          for (const { reject } of asked) reject(error)
        },
      )
    }
    const get = (key: string): Promise<string | null> =>
      new Promise((resolve, reject) => {
        if (tick.push({ key, resolve, reject }) === 1) process.nextTick(ask)
      })
    return { ...raw, get }
  }
