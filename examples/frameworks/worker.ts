/*
 * A worker: jobs from a queue, several at a time, each of which needs something slow that many of them share. It stops in order:
 * no new jobs, those under way to their end, then the cache.
 *
 *   node --conditions=@larder/source --import tsx examples/frameworks/worker.ts
 */

import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { setTimeout as sleep } from 'node:timers/promises'

interface Job {
  readonly invoice: number
  readonly customer: number
}

/** Stands for a queue: 200 invoices of 10 customers. */
const jobs: Job[] = Array.from({ length: 200 }, (_, invoice) => ({ invoice, customer: invoice % 10 }))
const take = async (count: number): Promise<Job[]> => Promise.resolve(jobs.splice(0, count))

/** Stands for a service that answers for many at once. */
const asked: (readonly number[])[] = []
const addressesOf = async (customers: readonly number[]): Promise<string[]> => {
  asked.push(customers)
  await sleep(5)
  return customers.map((customer) => `Street ${customer}`)
}

const cache = createCache({ store: memory(), ttl: '10m', staleIfError: '1d', loadTimeout: { hard: '30s' } })
const addresses = cache.namespace<string>('addresses')
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

const sent: string[] = []
async function work(): Promise<void> {
  while (!stopping.signal.aborted) {
    const batch = await take(8)
    if (batch.length === 0) return // a real queue would wait for more
    const keys = batch.map(({ customer }) => ['customer', customer] as const)
    const to = await addresses.getOrSetMany(keys, (missing) =>
      addressesOf(missing.map(([, customer]) => customer)),
    )
    sent.push(...batch.map(({ invoice }, i) => `invoice ${invoice} to ${to[i]}`))
  }
}

await Promise.all([work(), work(), work()])
console.log('all are sent:', sent.length === 200, sent.at(-1))
console.log('asked for 10 customers, each once:', asked.flat().length === 10, `in ${asked.length} calls`)
await cache.close({ drain: '10s' })
