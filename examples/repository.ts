/*
 * A repository: things with an id, read through the cache and written through to their source; lists and counts with them.
 *
 *   node --conditions=@larder/source --import tsx examples/repository.ts
 */

import { openCache, repository } from '@larder/core'

interface User {
  readonly id: number
  readonly team: string
  readonly name: string
}

/** Stands for a database, and says what it is asked. */
const rows = new Map<number, User>([
  [1, { id: 1, team: 'red', name: 'Ada' }],
  [2, { id: 2, team: 'red', name: 'Bob' }],
])
const asked = <T>(what: string, answer: T): Promise<T> => {
  console.log(`    database: ${what}`)
  return Promise.resolve(answer)
}

const cache = await openCache({ ttl: '1h' })
const users = repository(cache.namespace('users'), {
  key: (user: User) => user.id,
  tags: (user) => [`team:${user.team}`],
  load: (id: number) => asked(`user ${id}`, rows.get(id)),
  save: (user) => asked(`update user ${user.id}`, rows.set(user.id, user) && user),
  remove: (id) => asked(`delete user ${id}`, rows.delete(id)),
})

const team = async (name: string): Promise<string> => {
  const load = (): Promise<readonly User[]> =>
    asked(
      `users of ${name}`,
      [...rows.values()].filter((user) => user.team === name),
    )
  const members = await users.query(['team', name], load, [`team:${name}`])
  return `${name}: ${members.map((user) => user.name).join(', ') || 'nobody'}`
}
const show = async (): Promise<void> => console.log(await team('red'), '·', await team('blue'))

await show()
await show() // from the cache

const bob = await users.get(2)
if (bob !== null) await users.save({ ...bob, team: 'blue' })
await show() // he has left one list, and joined the other

await users.remove(1)
await show() // only the list that she was in is asked for again

await cache.close()
