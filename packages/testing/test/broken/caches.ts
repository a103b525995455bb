/*
 * Ways to break a cache: one mistake each, of the kind that caches have. Most are seams in which something is lost
 * between a good cache and whoever holds it.
 */

import { brokenClosing } from './caches/closing.ts'
import { brokenFences } from './caches/fences.ts'
import { brokenLives } from './caches/lives.ts'
import { brokenLoads } from './caches/loads.ts'
import { brokenMany } from './caches/many.ts'
import { brokenMisuse } from './caches/misuse.ts'
import { brokenNamespaces } from './caches/namespaces.ts'
import { brokenSchemas } from './caches/schemas.ts'
import { brokenStaleness } from './caches/staleness.ts'
import { brokenTags } from './caches/tags.ts'
import { brokenValues } from './caches/values.ts'
import { brokenWatching } from './caches/watching.ts'
import type { Open } from './caches/seams.ts'

export { goodCache } from './caches/seams.ts'

export const brokenCaches: Readonly<Record<string, Open>> = {
  ...brokenValues,
  ...brokenMisuse,
  ...brokenLoads,
  ...brokenFences,
  ...brokenLives,
  ...brokenStaleness,
  ...brokenTags,
  ...brokenNamespaces,
  ...brokenMany,
  ...brokenWatching,
  ...brokenClosing,
  ...brokenSchemas,
}
