/*
 * Drizzle over a repository: rows with an id, read through the cache and written through to PostgreSQL, with the lists and
 * counts that a write changes. The database is PGlite, in the process.
 *
 *   node --conditions=@larder/source --import tsx examples/frameworks/drizzle.ts
 */

import { PGlite } from '@electric-sql/pglite'
import { createCache, repository } from '@larder/core'
import { memory } from '@larder/memory'
import { count, eq, inArray } from 'drizzle-orm'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/pglite'

const table = pgTable('users', {
  id: integer().primaryKey(),
  team: text().notNull(),
  name: text().notNull(),
})
type User = typeof table.$inferSelect

let queries = 0
const client = new PGlite()
const db = drizzle({ client, logger: { logQuery: () => queries++ } })
const select = () => db.select().from(table)
await client.exec('create table users (id integer primary key, team text not null, name text not null)')
await db.insert(table).values([
  { id: 1, team: 'red', name: 'Ada' },
  { id: 2, team: 'red', name: 'Bob' },
])

const cache = createCache({ store: memory(), ttl: '1h', nullTtl: '10s' })
const users = repository(cache.namespace('users'), {
  key: (user: User) => user.id,
  tags: (user) => [`team:${user.team}`],
  load: async (id: number) => (await select().where(eq(table.id, id)))[0],
  loadMany: (ids) => select().where(inArray(table.id, [...ids])),
  save: async (user) => {
    await db.insert(table).values(user).onConflictDoUpdate({ target: table.id, set: user })
    return user
  },
  remove: (id) => db.delete(table).where(eq(table.id, id)),
})
const inTeam = (team: string): Promise<User[]> =>
  users.query(['team', team], () => select().where(eq(table.team, team)), [`team:${team}`])
const total = (): Promise<{ count: number }[]> =>
  users.query('total', () => db.select({ count: count() }).from(table))
const look = async (): Promise<string> =>
  `${(await inTeam('red')).length} red, ${(await inTeam('blue')).length} blue, of ${(await total())[0]?.count}`

console.log(await look())
queries = 0
console.log(await look(), '· again, without a query:', queries === 0)
const [ada, bob] = await users.getMany([1, 2])
if (bob) await users.save({ ...bob, team: 'blue' }) // leaves one list, joins the other
console.log(ada?.name, 'stays,', bob?.name, 'moves:', await look())
await cache.close()
await client.close()
