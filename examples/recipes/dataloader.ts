/*
 * GraphQL and dataloader: resolvers ask for one thing at a time. A dataloader for each request gathers what they ask for, and the
 * cache behind it answers for all requests, with one query for what is missing.
 *
 *   node --conditions=@larder/source --import tsx examples/recipes/dataloader.ts
 */

import assert from 'node:assert/strict'
import DataLoader from 'dataloader'
import { buildSchema, graphql } from 'graphql'
import { openCache } from '@larder/core'

type Author = Readonly<{ id: number; name: string }>

const posts = Array.from({ length: 50 }, (_, i) => ({ authorId: i % 7 }))
const queries: (readonly number[])[] = []
/** Stands for `select … where id = any($1)`. */
const authorsById = async (ids: readonly number[]): Promise<Author[]> => {
  queries.push(ids)
  return ids.filter((id) => id !== 6).map((id) => ({ id, name: `author ${id}` }))
}

const cache = await openCache()
const authors = cache.namespace<Author | null>('authors', { ttl: '5m', nullTtl: '10s', tags: ['authors'] })

/** What is missing, in one query; that there is none is remembered too. */
async function missingAuthors(keys: readonly (readonly ['author', number])[]): Promise<(Author | null)[]> {
  const found = new Map((await authorsById(keys.map(([, id]) => id))).map((each) => [each.id, each]))
  return keys.map(([, id]) => found.get(id) ?? null)
}

/** One for each request: it remembers nothing beyond it. */
const contextOfRequest = () => ({
  authors: new DataLoader((ids: readonly number[]) =>
    authors.getOrSetMany(
      ids.map((id) => ['author', id] as const),
      missingAuthors,
    ),
  ),
})

const schema = buildSchema(
  'type Author { name: String } type Post { author: Author } type Query { posts: [Post] }',
)
const rootValue = {
  posts: posts.map(({ authorId }) => ({
    author: (_: unknown, context: ReturnType<typeof contextOfRequest>) => context.authors.load(authorId), // each post by itself
  })),
}
const request = () =>
  graphql({ schema, source: '{ posts { author { name } } }', rootValue, contextValue: contextOfRequest() })

console.log('errors:', (await request()).errors ?? 'none', '· ids asked for:', queries[0]?.join(' '))
await Promise.all([request(), request(), request()])
await authors.delete(['author', 3]) // a new name: the next request asks for one id
await request()
assert.deepEqual(queries.slice(1), [[3]])
console.log('three more requests and a change, queries:', queries.length)
await cache.close()
