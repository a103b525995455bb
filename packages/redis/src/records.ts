/*
 * Records: the bytes under keys, read by MGET, written by script, listed by SCAN.
 *
 * A key that holds something else than a text is a miss. That is what MGET says, and why a single key is asked for by
 * MGET too.
 */

import { isMark, type Store } from '@larder/core'
import { keyBytes, keyRange, keyText } from './keys.ts'
import type { Link, Reply } from './link/link.ts'
import { partsOf, type Place } from './place.ts'
import { ADD, PROLONG } from './scripts.ts'
import { textOf, ttlText, type Writes } from './writes.ts'

/** Keys in one request. */
const MOST = 500
/** Keys that a server looks at in one go. */
const LOOKED_AT = 200

type Records = Required<
  Pick<
    Store<Uint8Array>,
    'get' | 'set' | 'delete' | 'getMany' | 'setMany' | 'deleteMany' | 'clear' | 'keys' | 'add' | 'prolong'
  >
>

export function recordsIn(place: Place, writes: Writes): Records {
  const { link, keys } = place
  const all = async (doing: readonly Promise<unknown>[]): Promise<void> => {
    await Promise.all(doing)
  }
  return {
    async get(key) {
      const [found] = listIn(await link.call(['MGET', keys.data(key)]), 1)
      return recordIn(place, key, found)
    },
    getMany: (names) => readMany(place, names),
    set: (key, record, ttl) => writes.write(key, record, ttl),
    setMany: (records) => all(records.map(([key, record, ttl]) => writes.write(key, record, ttl))),
    delete: (key) => writes.write(key, undefined, 0),
    async deleteMany(names) {
      // In one script they are deleted in their order; on a cluster each has a script of its own.
      if (!link.isCluster) return all(names.map((key) => writes.write(key, undefined, 0)))
      for (const key of names) await writes.write(key, undefined, 0)
    },
    async add(key, record, ttl) {
      const packed = keys.packed(key, record)
      return recordIn(place, key, await link.run(ADD, [keys.data(key)], [ttlText(ttl), packed]))
    },
    prolong(names, ttl) {
      const parts = partsOf(names, link.isCluster ? 1 : MOST)
      const places = parts.map((part) => part.map((key) => keys.data(key)))
      return all(places.map((part) => link.run(PROLONG, part, [ttlText(ttl)])))
    },
    async *keys(prefix) {
      for await (const page of pagesOf(place, prefix)) for (const { key } of page) yield key
    },
    async clear(prefix) {
      for await (const page of pagesOf(place, prefix)) {
        // Marks are small, and who remembers one would not be told.
        const records = page.filter(({ key }) => !isMark(key))
        const parts = partsOf(records, link.isCluster ? 1 : LOOKED_AT)
        await all(parts.map((part) => link.call(['UNLINK', ...part.map(({ at }) => at)])))
      }
    },
  }
}

/** The records under `keys`, in their order. */
export function readMany(
  place: Place,
  names: readonly string[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const parts = partsOf(names, place.link.isCluster ? 1 : MOST)
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return readPart(place, first)
  return Promise.all(parts.map((part) => readPart(place, part))).then((records) => records.flat())
}

/** Loops that make no copy: of all that is done here, this is done most. */
async function readPart(place: Place, part: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
  const { link, keys } = place
  const command: [string, ...string[]] = ['MGET']
  for (const key of part) command.push(keys.data(key))
  const found = listIn(await link.call(command), part.length)
  return part.map((key, i) => recordIn(place, key, found[i]))
}

export function recordIn({ keys }: Place, key: string, found: Reply | undefined): Uint8Array | undefined {
  return found instanceof Uint8Array ? keys.unpacked(key, found) : undefined
}

export function listIn(reply: Reply, length: number): readonly Reply[] {
  if (Array.isArray(reply) && reply.length === length) return reply as readonly Reply[]
  throw new Error(`Redis was asked for ${length} answers and gave something else`)
}

interface Listed {
  readonly key: string
  /** Where its record lies. */
  readonly at: string
}

/** What is kept under keys that begin with `prefix`, on all nodes; each once, though SCAN may show it again. */
async function* pagesOf({ link, keys }: Place, prefix: string): AsyncGenerator<readonly Listed[]> {
  const seen = new Set<string>()
  const pattern = keys.pattern(prefix)
  for (const node of await link.primaries()) {
    let cursor = '0'
    do {
      const scan = link.call(['SCAN', cursor, 'MATCH', pattern, 'COUNT', LOOKED_AT], {
        ...(node !== undefined && { node }),
      })
      const [next, places] = listIn(await scan, 2)
      cursor = textOf(next)
      const fresh = (Array.isArray(places) ? places : []).map(textOf).filter((at) => !seen.has(at))
      for (const at of fresh) seen.add(at)
      const page = await Promise.all(fresh.map(async (at) => ({ at, key: await keyOf(at) })))
      yield page.filter((each): each is Listed => each.key?.startsWith(prefix) === true)
    } while (cursor !== '0')
  }

  async function keyOf(at: string): Promise<string | undefined> {
    const known = keys.keyAt(at)
    if (known !== 'hashed') return known?.key
    const key = await longKey(link, at)
    return key !== undefined && keys.data(key) === at ? key : undefined
  }
}

/** The key that stands in the record, since it was too long for its place. */
async function longKey(link: Link, at: string): Promise<string | undefined> {
  try {
    const length = keyBytes(bytesIn(await link.call(['GETRANGE', at, 0, 3])))
    return keyText(bytesIn(await link.call(['GETRANGE', at, ...keyRange(length)])))
  } catch {
    return undefined // gone, or none of ours
  }
}

const bytesIn = (reply: Reply): Uint8Array => (reply instanceof Uint8Array ? reply : new Uint8Array(0))
