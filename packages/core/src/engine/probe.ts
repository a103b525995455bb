/*
 * Probes: a share of the hits is loaded once more, in the background, and compared with what was served. So everybody can
 * measure on his own system how often his cache is not what his source is.
 *
 * A difference is reported only if the cache would still serve the old value after `maxStaleness`: what was invalidated
 * meanwhile, here or elsewhere, was on its way out.
 */

import type { Loader } from '../cache.ts'
import type { Key } from '../key.ts'
import type { Entry } from './entry.ts'
import { LoadCall, LoadFlight, noRemarks, Told } from './load.ts'
import type { Resolved } from './policy.ts'
import { isSame } from './same.ts'
import type { Space } from './space.ts'

export function probe(
  space: Space,
  key: Key,
  name: string,
  served: Entry,
  load: Loader<unknown>,
  policy: Resolved,
): void {
  if (space.house.clock.random() < policy.probe) {
    space.background(compare(space, key, name, served, load, policy))
  }
}

async function compare(
  space: Space,
  key: Key,
  name: string,
  served: Entry,
  load: Loader<unknown>,
  policy: Resolved,
): Promise<void> {
  const { clock, store, watch } = space.house
  const call = new LoadCall(1)
  const cancel = clock.after(policy.hard, () => call.drop(new Error('too late')))
  let loaded: unknown
  try {
    loaded = await load(new Told(new LoadFlight(call, true), key, undefined, noRemarks()))
    const checked = await policy.schema?.['~standard'].validate(loaded)
    if (checked !== undefined) loaded = checked.issues === undefined ? checked.value : undefined
  } catch {
    return // the source does not say
  } finally {
    cancel()
  }
  const isEqual = isSame(served.value, loaded)
  if (!isEqual) {
    const lag = (store.near ?? store.channel)?.maxStaleness ?? 0
    await new Promise<void>((resolve) => clock.after(lag + 1, resolve))
    if (!(await isStillServed(space, name, served))) return
  }
  space.counts.probes++
  if (!isEqual) space.counts.differences++
  if (watch.heard) watch.emit({ type: 'probe', cache: space.path, key: name, same: isEqual })
}

/** Whether nothing has come in the place of what was served. */
async function isStillServed(space: Space, name: string, served: Entry): Promise<boolean> {
  const near = space.copies?.fresh(name)
  const found =
    near ?? (space.sync ? space.believed(name, space.look(name)) : (await space.find(name, [])).entry)
  return found !== undefined && isSame(found.value, served.value)
}
