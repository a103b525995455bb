/* Caches with a mistake in what they do about misuse. */

import { type Key, type Loader, type Policy } from '@larder/core'
import {
  type Open,
  WRITTEN,
  broken,
  forgiving,
  lenient,
  loading,
  throwing,
  withHow,
  without,
} from './seams.ts'

export const brokenMisuse: Readonly<Record<string, Open>> = {
  ...Object.fromEntries(
    (
      [
        'ttl',
        'staleWhileRevalidate',
        'staleIfError',
        'nullTtl',
        'loadTimeout',
        'jitter',
        'refreshEarly',
        'schema',
        'tags',
        'signal',
      ] as const
    ).flatMap((option) => [
      [`no ${option}`, without(option)],
      [`wrong ${option} is overlooked`, forgiving(option)],
    ]),
  ),
  'unknown options are overlooked': withHow((how) =>
    Object.fromEntries(Object.entries(how).filter(([name]) => !/tll|Erorr|TTL|toString|cost/u.test(name))),
  ),
  'only one problem is told': withHow((how) => Object.fromEntries(Object.entries(how).slice(0, 1))),
  'options that are none are overlooked': broken((good) => ({
    set: (key, value, how) =>
      good.set(key, value, typeof how === 'object' && how !== null && !Array.isArray(how) ? how : undefined),
  })),
  'undefined options are 0': withHow((how) => ({
    ...how,
    ...('ttl' in how && how.ttl === undefined && { ttl: 1 }),
  })),
  'a wrong list of keys is empty': broken((good) => ({
    getMany: (keys) => good.getMany(Array.isArray(keys) ? keys : []),
  })),
  ...Object.fromEntries(
    (['get', 'getOrSet', 'set', 'has', 'ttl', 'touch', 'explain'] as const).flatMap((name) => [
      [`${name} throws`, throwing(name)],
      [`${name} forgives`, lenient(name)],
    ]),
  ),
  'delete takes keys until one is wrong': broken((good) => ({
    async delete(...keys) {
      for (const key of keys) await good.delete(key)
      return WRITTEN
    },
  })),
  'a loader that is none is a value': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>) =>
      good.getOrSet(key, typeof load === 'function' ? load : () => load as T, how),
  })),
  'set of undefined deletes': broken((good) => ({
    set: (key, value, how) => (value === undefined ? good.delete(key) : good.set(key, value, how)),
  })),
  'set waits for promises': broken((good) => ({
    set: async (key, value, how) => good.set(key, await value, how),
  })),
  'tags that are none are overlooked': broken((good) => ({
    invalidateTags: (...tags) =>
      good.invalidateTags(...tags.filter((tag) => typeof tag === 'string' && tag !== '')),
  })),
  'names that are none are taken for texts': broken((good) => ({
    on: (observer) => (typeof observer === 'function' ? good.on(observer) : () => {}),
    deleteMatching: (match) => good.deleteMatching(typeof match === 'string' && match !== '' ? match : '*'),
  })),
  'tags of loads are not looked at': loading(({ tags }) => ({
    tags: (...given: unknown[]) =>
      (tags as (...tags: unknown[]) => void)(...given.filter((tag) => typeof tag === 'string' && tag !== '')),
  })),
  'ttl of loads is not looked at': loading(({ ttl }) => ({
    ttl: (given: unknown) =>
      typeof given === 'number' && given > 0 ? (ttl as (ms: number) => void)(given) : undefined,
  })),
  'touch and close take any duration': broken((good) => ({
    touch: async (key, ttl) => good.touch(key, ttl).catch(() => false),
    close: async (how) => good.close(how).catch(() => {}),
  })),
}
