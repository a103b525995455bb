/*
 * What one would write oneself where there is no getOrSet: ask, load what is missing, keep it. Without single flight.
 */
import type { Load } from './rival.ts'

interface Kept {
  readonly get: (key: string) => unknown
  readonly set: (key: string, value: unknown) => unknown
}

export const loading =
  ({ get, set }: Kept, load: Load) =>
  async (key: string): Promise<unknown> => {
    const value: unknown = await get(key)
    if (value !== undefined) return value
    const loaded = await load(key)
    await set(key, loaded)
    return loaded
  }
