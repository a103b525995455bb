/* Caches with a mistake in what they do about closing. */

import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import type { CacheTools } from '@larder/testing'
import { type Open, altered, broken, goodCache, idle, late, namespaced } from './seams.ts'

export const brokenClosing: Readonly<Record<string, Open>> = {
  'close does nothing': idle('close', async () => {}),
  'close closes twice': broken((good) => {
    let isClosed = false
    return {
      async close(how) {
        if (isClosed) throw new Error('closed')
        isClosed = true
        await good.close(how)
      },
    }
  }),
  'close comes late': late('close'),
  'close waits for nothing': broken((good) => ({
    async close(how) {
      void good.close(how)
    },
  })),
  'close waits for ever': broken((good) => ({
    close: (how) => good.close(how === undefined ? how : { drain: '1h' }),
  })),
  'closing a namespace closes all': (tools) => {
    const root = goodCache(tools)
    return altered(root, tools, () => ({ close: (how) => root.close(how) }))
  },
  'namespaces stay open': namespaced((good, name, how) => {
    const other = createCache({ store: memory(), name: 'other' })
    void how
    return altered(good.namespace(name), {} as CacheTools, () => ({ get: (key) => other.get(key) }))
  }),
  'stats end with the cache': broken((good) => {
    let isClosed = false
    return {
      close: async (how) => {
        isClosed = true
        return good.close(how)
      },
      stats: () => {
        if (isClosed) throw new Error('closed')
        return good.stats()
      },
    }
  }),
  'leaving does not close': broken(() => ({ [Symbol.asyncDispose]: async () => {} })),
  'a timer stays': broken((_, { clock }) => {
    const again = (): void => {
      clock.after(60_000, again)
    }
    again()
    return {}
  }),
  'reads hang when the cache is closed': broken((good) => {
    let isClosed = false
    return {
      close: async (how) => {
        isClosed = true
        return good.close(how)
      },
      async has(key) {
        const found = await good.has(key)
        return isClosed ? new Promise<never>(() => {}) : found
      },
    }
  }),
}
