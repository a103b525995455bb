/* All questions that are answered by counting instead of timing. */
import type { Measure } from '../harness/question.ts'
import heap from './heap.ts'
import redisServerTime from './redis-server-time.ts'
import redisSingleFlight from './redis-single-flight.ts'
import tieredInvalidation from './tiered-invalidation.ts'

export const measures: readonly Measure[] = [heap, redisSingleFlight, redisServerTime, tieredInvalidation]
