/*
 * The public surface of @larder/testing/doubles: the tools without the suites, for any test runner.
 */

export { type ManualClock, manualClock, type ManualClockOptions, settled } from './clock.ts'
export { delayed, type DelayedOptions } from './delayed.ts'
export {
  type Faulty,
  faulty,
  type Hanging,
  type Operation,
  rubbish,
  type Rubbish,
  type Where,
} from './faulty.ts'
export { held, type Held, type HeldCall } from './held.ts'
