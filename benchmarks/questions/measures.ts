/* All questions that are answered by counting instead of timing. */
import type { Measure } from '../harness/question.ts'
import load from '../load/load.ts'
import heap from '../memory/heap.ts'
import leaks from '../memory/leaks.ts'
import demo from './demo.ts'
import redisHung from './redis-hung.ts'
import redisServerTime from './redis-server-time.ts'
import stale from './stale.ts'
import stampede from './stampede.ts'
import startup from './startup.ts'
import tieredIdle from './tiered-idle.ts'
import tieredInvalidation from './tiered-invalidation.ts'

export const measures: readonly Measure[] = [
  load,
  heap,
  leaks,
  stale,
  stampede,
  redisHung,
  redisServerTime,
  tieredInvalidation,
  tieredIdle,
  startup,
  demo,
]
