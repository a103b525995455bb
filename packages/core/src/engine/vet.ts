/*
 * Vetting: a value that was stored under another schema than it is read with, or under none, has to satisfy it first.
 * One that does not is a miss.
 */

import type { StandardSchema } from '../schema.ts'
import { type Awaitable, isPending } from '../store/store.ts'
import { type Entry, entryOf } from './entry.ts'
import type { Space } from './space.ts'

/** Whether the value was stored under another schema, or is no entry at all. */
export function isForeign(found: Entry, schema: StandardSchema | undefined): boolean {
  return schema !== undefined && (found.terms as Entry['terms'] | undefined)?.schema !== schema
}

/** The entry if its value satisfies the schema. */
export function vet(
  space: Space,
  name: string,
  found: Entry,
  schema: StandardSchema | undefined,
): Awaitable<Entry | undefined> {
  if (schema === undefined || !isForeign(found, schema)) return found
  const checked = schema['~standard'].validate(found.value)
  const judge = (result: Awaited<typeof checked>): Entry | undefined => {
    if (result.issues === undefined) {
      const vetted = entryOf(result.value, found.freshUntil, found.terms)
      space.copies?.vetted(name, found, vetted, schema)
      return vetted
    }
    space.refuse(name, 'a value that does not satisfy the schema')
    return undefined
  }
  if (!isPending(checked)) return judge(checked)
  const judged = checked.then(judge)
  judged.then(undefined, () => {}) // `peek` does not wait to hear of it
  return judged
}
