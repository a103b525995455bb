/*
 * The public surface of @larder/testing, and nothing else.
 */

export { type ManualClock, manualClock, type ManualClockOptions, settled } from './clock.ts'
