/*
 * Asking Sentinels where the primary is: one after the other, the one that answered last time first, at every attempt
 * to connect. What they say is not believed blindly: the server they name must call itself a primary.
 */

import type { Server } from './client.ts'
import { connectionError } from './errors.ts'
import { textOf } from './greeting.ts'
import { dialIoredis } from './ioredis.ts'
import type { Ask, Surroundings } from './kept.ts'
import { askOnce } from './once.ts'
import { type Address, idOf, type Place } from './options.ts'

/** The way to find the primary, anew at each call. */
export function primaryFinder(place: Place, around: Surroundings): () => Promise<Server> {
  let order = place.nodes
  // A Sentinel that hangs must leave time for the others, and for the server itself.
  const longest = around.connectTimeout / (2 * Math.min(order.length, 3))
  return async () => {
    let lastError = new Error('none was given')
    for (const node of order) {
      try {
        const address = await askOnce(sentinelAt(node, place, longest), around, longest, (ask) =>
          primaryBy(ask, place),
        )
        order = [node, ...order.filter((each) => each !== node)]
        return serverAt(address, place, around.connectTimeout)
      } catch (error) {
        lastError = error as Error
      }
    }
    throw connectionError(`the primary of ${around.name} is named by no Sentinel;`, lastError)
  }
}

/** A server of a place, by its address. */
export function serverAt(address: Address, place: Place, connectTimeout: number): Server {
  return {
    id: idOf(address),
    isSecure: address.tls !== undefined,
    mustBePrimary: place.kind !== 'single',
    credentials: place.credentials,
    dial: (_use, events) => dialIoredis(address, connectTimeout, events),
  }
}

function sentinelAt(address: Address, place: Place, longest: number): Server {
  const server: Server = { id: idOf(address), dial: (_use, events) => dialIoredis(address, longest, events) }
  return place.sentinel === undefined ? server : { ...server, credentials: place.sentinel.credentials }
}

async function primaryBy(ask: Ask, place: Place): Promise<Address> {
  const name = place.sentinel?.name ?? ''
  const reply = await ask(['sentinel', 'get-master-addr-by-name', name])
  if (!Array.isArray(reply)) throw new Error(`it knows no primary named '${name}'`)
  const address = { host: textOf(reply[0] as string), port: Number(textOf(reply[1] as string)) }
  return place.tls === undefined ? address : { ...address, tls: place.tls }
}
