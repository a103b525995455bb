/* The cache of both processes where one sees what the other invalidates. */
import type { ICache } from '@larder/core'
import { openedTiers } from './tiers.ts'

/** Of its keys; and the channel of those who do it by hand. */
export const PREFIX = 'watched'

export const watchedCache = (url: string): Promise<ICache> =>
  openedTiers(url, { room: 1_000, prefix: PREFIX })
