/* All questions that are answered by timing candidates in rounds. Others count: measures.ts. */
import type { Question } from '../harness/question.ts'
import counters from './counters.ts'
import eviction from './eviction.ts'
import getMany from './get-many.ts'
import hit from './hit.ts'
import invalidateTag from './invalidate-tag.ts'
import miss from './miss.ts'
import namespace from './namespace.ts'
import peek from './peek.ts'
import redisGetMany from './redis-get-many.ts'
import redisGetOrSet from './redis-get-or-set.ts'
import redisGet from './redis-get.ts'
import redisMiss from './redis-miss.ts'
import redisSet from './redis-set.ts'
import redisTags from './redis-tags.ts'
import set from './set.ts'
import tags from './tags.ts'
import tieredFarHit from './tiered-far-hit.ts'
import tieredHit from './tiered-hit.ts'
import tieredPeek from './tiered-peek.ts'

export const questions: readonly Question[] = [
  hit,
  miss,
  getMany,
  counters,
  peek,
  tags,
  invalidateTag,
  namespace,
  set,
  eviction,
  redisGet,
  redisGetMany,
  redisSet,
  redisGetOrSet,
  redisMiss,
  redisTags,
  tieredHit,
  tieredPeek,
  tieredFarHit,
]
