/*
 * The nine scenarios, in the order of the table.
 */
import type { Scenario } from '../scenario.ts'
import { emptyRestart } from './empty-restart.ts'
import { hungRedis } from './hung-redis.ts'
import { lostBus } from './lost-bus.ts'
import { ownInvalidation } from './own-invalidation.ts'
import { pausedProcess } from './paused-process.ts'
import { replyAndMessage } from './reply-and-message.ts'
import { otherProcess, sameProcess, taggedLoad } from './slow-load.ts'

export const scenarios: readonly Scenario[] = [
  sameProcess,
  otherProcess,
  taggedLoad,
  replyAndMessage,
  lostBus,
  pausedProcess,
  emptyRestart,
  ownInvalidation,
  hungRedis,
]
