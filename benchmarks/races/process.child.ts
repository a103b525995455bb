/*
 * A process of a scenario: it has one cache, of one library, and does what it is told over its line to the director.
 */
import { libraryOf } from './libraries/all.ts'
import type { Opened } from './library.ts'
import { type Asked, type Heard, now, type Order, type Orders } from './orders.ts'

let opened: Opened | undefined
let loads = 0
const loading = new Map<number, (value: string) => void>()

function cache(): Opened {
  if (opened === undefined) throw new Error('it is not open')
  return opened
}

function load(key: string): Promise<string> {
  return new Promise((resolve) => {
    const id = ++loads
    loading.set(id, resolve)
    process.send?.({ load: id, key })
  })
}

const passed = (ms: number): Promise<'pending'> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, 'pending').unref()
  })

async function asked(call: () => Promise<unknown> | undefined, patience: number): Promise<Asked> {
  const began = now()
  try {
    const value = await Promise.race([
      Promise.resolve(call()).then((answer) => ({ answer })),
      passed(patience),
    ])
    if (value === 'pending') return { end: 'pending', began, ended: now() }
    const { answer } = value
    return { end: 'done', began, ended: now(), ...(typeof answer === 'string' && { value: answer }) }
  } catch (error) {
    return { end: 'rejected', error: String(error), began, ended: now() }
  }
}

/** ms between two reads. */
const BETWEEN = 4
/** So many right answers in a row end a watch: for a quarter of a second, about. */
const IN_A_ROW = 60
/** A read of a watch that takes longer is given up. */
const PATIENCE = 1_000

const carryOut: { readonly [O in Order]: (told: Orders[O]['told']) => Promise<Orders[O]['answer']> } = {
  async open({ library, url, isTagged }) {
    const { hostname, port } = new URL(url)
    const { open } = await libraryOf(library)
    opened = await open({ url, host: hostname, port: Number(port), load, isTagged })
    return true
  },
  read: ({ key, patience }) => asked(() => cache().read(key), patience),
  invalidate: ({ key, patience }) => asked(() => cache().invalidate(key), patience),
  invalidateTag: ({ tag, patience }) => asked(() => cache().invalidateTag?.(tag), patience),
  async watch({ key, wanted, ms }) {
    const reads: Asked[] = []
    const until = now() + ms
    for (let right = 0; now() < until && right < IN_A_ROW;) {
      const read = await asked(() => cache().read(key), PATIENCE)
      reads.push(read)
      right = read.value === wanted ? right + 1 : 0
      await pause(BETWEEN)
    }
    return reads
  },
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function reply<O extends Order>(id: number, order: O, told: Orders[O]['told']): Promise<void> {
  try {
    process.send?.({ id, answer: await carryOut[order](told) })
  } catch (error) {
    process.send?.({ id, error: String(error) })
  }
}

process.on('message', (heard) => {
  const message = heard as Heard
  if ('order' in message) {
    void reply(message.id, message.order, message.told as Orders[Order]['told'])
    return
  }
  loading.get(message.loaded)?.(message.value)
  loading.delete(message.loaded)
})
process.on('disconnect', () => process.exit())
