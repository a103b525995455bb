/*
 * The contract of caches: what every ICache owes the people who hold it, whatever stands behind it. A plain cache, two
 * tiers and a wrapper are judged by the same rules.
 *
 * Nothing here assumes that an effect is there before the promise of its method has settled, except that whoever asks
 * after an invalidation was called does not get what was there before.
 */

import type { Awaitable, ICache } from '@larder/core'
import { manualClock, settled } from './clock.ts'
import { judge, type Skips } from './contract.ts'
import type { CacheBench, CacheRule, CacheTools } from './cache-contract/bench.ts'
import { closing } from './cache-contract/closing.ts'
import { fences } from './cache-contract/fences.ts'
import { lives } from './cache-contract/lives.ts'
import { loads } from './cache-contract/loads.ts'
import { many } from './cache-contract/many.ts'
import { misuses } from './cache-contract/misuse.ts'
import { namespaces } from './cache-contract/namespaces.ts'
import { schemaRules } from './cache-contract/schemas.ts'
import { signals } from './cache-contract/signals.ts'
import { staleness } from './cache-contract/staleness.ts'
import { tags } from './cache-contract/tags.ts'
import { values } from './cache-contract/values.ts'
import { watching } from './cache-contract/watching.ts'

/**
 * What `cacheContract` is told of the caches that it judges.
 *
 * @example
 * const contract: CacheContract = { open: (tools) => createCache({ ...tools, store: memory({ clock: tools.clock }) }) }
 * cacheContract('cache of my store', contract)
 */
export interface CacheContract {
  /** A new, empty cache, with the clock, the name and the policy that it is given. */
  readonly open: (tools: CacheTools) => Awaitable<ICache>
  /**
   * What is on its way to the place and back arrives: resolves when nothing more is under way. Default: `settled`, for
   * places that answer in turns of promises. Where a question takes a round trip, its caller knows when none is out.
   */
  readonly arrived?: () => Promise<void>
  /** `peek` sees what this process has set. */
  readonly peeks?: boolean
  /** Rules that this cache is not judged by, by name, each with the reason. */
  readonly skip?: Skips
}

/** All rules of caches. */
export const cacheRules: readonly CacheRule[] = [
  ...values,
  ...misuses,
  ...loads,
  ...signals,
  ...fences,
  ...lives,
  ...staleness,
  ...tags,
  ...namespaces,
  ...many,
  ...schemaRules,
  ...watching,
  ...closing,
]

/**
 * Registers the contract of caches as tests.
 *
 * @example
 * cacheContract('a cache in memory', {
 *   open: (tools) => createCache({ ...tools, store: memory({ clock: tools.clock }) }),
 *   peeks: true,
 * })
 */
export function cacheContract(name: string, contract: CacheContract): void {
  judge(`${name} keeps the contract of caches`, cacheRules, contract.skip ?? {}, async () =>
    cacheBench(contract),
  )
}

export function cacheBench(contract: CacheContract): CacheBench {
  const { arrived = settled } = contract
  let next = 0
  const clock = manualClock({ random: () => next })
  const opened: ICache[] = []

  return {
    clock,
    peeks: contract.peeks === true,
    arrived,
    async isOpen(promise) {
      let isOpen = true
      const close = (): void => {
        isOpen = false
      }
      promise.then(close, close)
      await arrived()
      return isOpen
    },
    async open(policy = {}) {
      const cache = await contract.open({ ...policy, clock, name: `contract ${crypto.randomUUID()}` })
      opened.push(cache)
      return cache
    },
    async pass(time) {
      await arrived()
      // Where a question takes a round trip, what was sent before it has arrived when it is answered.
      await Promise.allSettled(opened.map((cache) => cache.has('a question')))
      await clock.advance(time)
    },
    chance(draw) {
      next = draw
    },
    async dispose() {
      const closes = Promise.all(opened.map((cache) => cache.close()))
      // Loads that a rule has left hanging are given up when the time to wait for them is over.
      for (let i = 0; i < 5; i++) await clock.advance('1s')
      await closes
    },
  }
}
