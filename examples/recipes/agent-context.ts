/*
 * An agent: answers of a model are kept by what was asked, and fall with the documents they were made of; its context is a memory
 * with a budget of tokens.
 *
 *   node --conditions=@larder/source --import tsx examples/recipes/agent-context.ts
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createCache, keyOf, openCache } from '@larder/core'
import { memory } from '@larder/memory'

const documents = new Map([
  ['handbook', 'Holidays are 30 days a year.'],
  ['menu', 'Soup on Mondays.'],
])
let calls = 0
/** Stands for a model that costs money. */
const model = async (prompt: string): Promise<string> => `(answer ${++calls}) ${prompt.slice(0, 28)}`

const answers = await openCache({ ttl: '1d' })

async function ask(question: string, about: readonly string[], name = 'small-1'): Promise<string> {
  const prompt = [...about.map((id) => documents.get(id)), question].join('\n')
  const hash = createHash('sha256').update(prompt).digest('hex')
  // A thousand callers with one question are one call; the tags say what the answer was made of.
  return answers.getOrSet(['answer', name, hash], () => model(prompt), {
    tags: about.map((id) => `doc:${id}`),
  })
}

await Promise.all(Array.from({ length: 1_000 }, () => ask('How many days off?', ['handbook'])))
await ask('What is for lunch?', ['menu'])
console.log('calls of the model:', calls)

// A document is withdrawn: no answer that was made of it is given any more, whatever was asked.
await answers.invalidateTags('doc:handbook')
await ask('What is for lunch?', ['menu'])
await ask('How many days off?', ['handbook'])
console.log('after the handbook was withdrawn:', calls)
assert.equal(calls, 3)

/** Four bytes are about one token. What was used longest ago leaves the context first. */
const contextOf = (tokens: number) =>
  createCache({ store: memory({ maxBytes: tokens * 4, maxEntryBytes: tokens * 2, eviction: 'lru' }) })

const context = contextOf(1_000)
for (let turn = 1; turn <= 8; turn++) {
  await context.set(`turn ${turn}`, `${turn}: ${'words '.repeat(100)}`)
  await context.get('turn 1') // the task itself is looked at in each turn, so it stays
}
const turns: string[] = []
for await (const key of context.keys()) turns.push(keyOf(key))
console.log('in the context:', turns.toSorted().join(', '))
assert.ok(turns.includes('turn 1') && turns.includes('turn 8') && !turns.includes('turn 2'))
await context.close()
await answers.close()
