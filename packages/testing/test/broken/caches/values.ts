/* Caches with a mistake in what they do about values and keys. */

import { type Key, type Loader, type Policy } from '@larder/core'
import {
  type Open,
  WRITTEN,
  altering,
  broken,
  flat,
  idle,
  isPlain,
  keyed,
  onStore,
  outcome,
} from './seams.ts'

export const brokenValues: Readonly<Record<string, Open>> = {
  'JSON and back': altering((value) =>
    typeof value === 'bigint' ? Number(value) : (JSON.parse(JSON.stringify(value ?? null)) as unknown),
  ),
  'a shallow copy': altering((value) => (typeof value === 'object' && value !== null ? { ...value } : value)),
  'falsy is a miss': broken((good) => ({
    get: async (key) => (await good.get(key)) || undefined,
    getMany: async (keys) => (await good.getMany(keys)).map((each) => each || undefined),
    has: async (key) => Boolean(await good.get(key)),
  })),
  'falsy is not kept': onStore((store) => ({
    set: (key, entry, ttl) => (entry.value ? store.set(key, entry, ttl) : undefined),
  })),
  'texts are numbers': altering((value) =>
    typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)) ? Number(value) : value,
  ),
  'numbers are rounded': altering((value) => (typeof value === 'number' ? Math.fround(value) : value)),
  'texts are UTF-8 up to NUL': altering((value) =>
    typeof value === 'string'
      ? new TextDecoder().decode(new TextEncoder().encode(value)).split('\0')[0]
      : value,
  ),
  'an empty thing is null': altering((value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 0 &&
    (Array.isArray(value) || isPlain(value))
      ? null
      : value,
  ),
  'a property is lost': altering((value) =>
    isPlain(value) ? Object.fromEntries(Object.entries(value).slice(0, -1)) : value,
  ),
  'infinite is null': altering((value) => (value === Infinity ? null : value)),
  'loaded values are copied through JSON': broken(
    outcome(async (asked) => {
      const value = await asked
      return typeof value === 'bigint' ? value : (JSON.parse(JSON.stringify(value ?? null)) as unknown)
    }),
  ),
  'loaded texts and numbers are rounded': broken(
    outcome(async (asked) => {
      const value = await asked
      if (typeof value === 'number') return Math.fround(value) + 0
      return typeof value === 'string'
        ? Number(value) || new TextDecoder().decode(new TextEncoder().encode(value)).split('\0')[0]
        : value
    }),
  ),
  'loaded falsy values are null': broken(outcome(async (asked) => (await asked) || null)),
  'loaded objects lose a property': broken(
    outcome(async (asked) => {
      const value = await asked
      if (Array.isArray(value)) return [...value, 'more']
      if (typeof value === 'bigint') return Number(value)
      return isPlain(value) ? { ...Object.fromEntries(Object.entries(value).slice(0, -1)), more: 1 } : value
    }),
  ),
  'undefined is kept as null': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>) =>
      good.getOrSet(key, async (context) => (await load(context)) ?? (null as T), how),
  })),
  'undefined deletes': broken((good) => ({
    getOrSet: async <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      const value = await good.getOrSet(key, load, how)
      if (value === undefined) await good.delete(key)
      return value
    },
  })),
  'parts are joined with colons': keyed(flat),
  'keys are trimmed and cut': keyed((key) =>
    typeof key === 'string' ? key.trim().slice(0, 200) || key : key,
  ),
  'parts are JSON': keyed((key) =>
    Array.isArray(key) &&
    !JSON.stringify(key, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)).includes('{}')
      ? JSON.stringify(key, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))
      : key,
  ),
  'an array is its text': keyed((key) =>
    Array.isArray(key) && key.every((part) => typeof part === 'string') ? `'${key.join('","')}` : key,
  ),
  'delete takes a prefix': broken((good) => ({
    async delete(...keys) {
      for (const key of keys) if (typeof key === 'string') await good.deleteMatching(`${key}*`)
      return good.delete(...keys)
    },
  })),
  'a clear that is not': idle('clear', async () => WRITTEN),
  'a delete that is not': idle('delete', async () => WRITTEN),
  'an expire that is not': idle('expire', async () => WRITTEN),
  'an expire that deletes': broken((good) => ({ expire: (...keys) => good.delete(...keys) })),
  'an invalidation that is not': idle('invalidateTags', async () => WRITTEN),
  'an invalidation that clears': broken((good) => ({
    invalidateTags: (...tags) =>
      tags.length === 0 ? good.clear() : good.invalidateTags(...tags).then(() => good.clear()),
  })),
  'one tag at a time': broken((good) => ({
    invalidateTags: (...tags) => good.invalidateTags(...tags.slice(0, 1)),
  })),
  'tags are split at commas': broken((good) => ({
    invalidateTags: (...tags) =>
      good.invalidateTags(...tags.flatMap((tag) => (typeof tag === 'string' ? tag.split(',') : [tag]))),
  })),
  'only one key is deleted, expired, touched': broken((good) => ({
    delete: (...keys) => good.delete(...keys.slice(0, 1)),
    expire: (...keys) => good.expire(...keys.slice(0, 1)),
  })),
  'setMany keeps the first': broken((good) => ({
    setMany: (entries, how) => good.setMany([...entries].slice(0, 1), how),
  })),
  'setMany backwards': broken((good) => ({
    setMany: (entries, how) => good.setMany([...entries].toReversed(), how),
  })),
  'setMany one after the other': broken((good) => ({
    async setMany(entries, how) {
      for (const [key, value] of entries) await good.set(key, value, how)
      return WRITTEN
    },
  })),
}
