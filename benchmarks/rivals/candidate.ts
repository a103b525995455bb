/*
 * Contenders as candidates of a question: opened in a place of their own, filled, and asked in one way.
 */
import { type Candidate, type Opened, userOf } from '../harness/question.ts'
import { ownUrl } from '../redis/server.ts'
import { type Asked, type Contender, fill, HOUR, type Load, type MemoryPlace, neverLoads } from './rival.ts'

/** What a contender is asked; undefined where it has no words for that. */
export type Way = (asked: Asked) => Opened['operation'] | undefined

export const byGet: Way = ({ get }) => get
export const byGetOrSet: Way = ({ getOrSet }) => getOrSet

export interface Filling {
  /** Values other than users. */
  readonly value?: (key: string) => unknown
  readonly load?: Load
  readonly isCrowded?: boolean
  /** Entries that must find room, if more than there are keys. */
  readonly room?: number
}

/** Those who have a word for it. */
export const ableTo = <P extends MemoryPlace>(
  word: keyof Asked,
  contenders: readonly Contender<P>[],
): readonly Contender<P>[] => contenders.filter(({ lacks = [] }) => !lacks.includes(word))

const candidate = <P extends MemoryPlace>(
  { name, packages, how, waits }: Contender<P>,
  open: Candidate['open'],
): Candidate => ({ name, package: packages, how, waits, open })

async function opened(
  asked: Asked,
  way: Way,
  keys: readonly string[],
  value: (key: string) => unknown,
): Promise<Opened> {
  await fill(asked, keys, value)
  const operation = way(asked)
  if (operation === undefined) throw new Error('it has no words for what it is asked')
  return { operation, ...(asked.close !== undefined && { close: asked.close }) }
}

/** In memory, with a value under every key. */
export const keeping = (
  contender: Contender<MemoryPlace>,
  way: Way,
  { value = userOf, load = neverLoads, room }: Filling = {},
): Candidate =>
  candidate(contender, async (keys) => {
    const asked = await contender.open({ room: room ?? keys.length + 1, load, ttl: HOUR })
    return opened(asked, way, keys, value)
  })

/** In Redis, or in tiers. */
export const storing = (
  contender: Contender,
  way: Way,
  { value = userOf, load = neverLoads, isCrowded = false, room }: Filling = {},
): Candidate =>
  candidate(contender, async (keys) => {
    const url = await ownUrl()
    const asked = await contender.open({ room: room ?? keys.length + 1, load, ttl: HOUR, url, isCrowded })
    return opened(asked, way, keys, value)
  })

export const MANY = 100

/** The hundred keys that are asked for at once, by one key of the ring. */
export const manyOf = (key: string): string[] => Array.from({ length: MANY }, (_, at) => `${key}${100 + at}`)

/** Asked for all of them in one call, with a value under each. */
export async function askingForMany(
  asked: Asked,
  ring: readonly string[],
  value: (key: string) => unknown,
): Promise<Opened> {
  const groups = new Map(ring.map((key) => [key, manyOf(key)]))
  await fill(asked, [...groups.values()].flat(), value)
  const operation = (key: string): unknown => asked.getMany?.(groups.get(key) ?? [])
  return { operation, ...(asked.close !== undefined && { close: asked.close }) }
}
