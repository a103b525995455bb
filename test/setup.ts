/*
 * Runs in every test file, before its tests.
 *
 * Vitest fails a run in which a promise was rejected and nobody listened, but it names only the file. Here the test
 * itself fails: after each one the event loop gets a turn, so that what the test left floating is noticed while its
 * name is still known. `unhandled.test.ts` shows that this works.
 */
import { afterEach } from 'vitest'

const turn = setImmediate // the real one, whatever a test does to its globals
const floating: unknown[] = []

process.on('unhandledRejection', (reason) => floating.push(reason))

afterEach(async () => {
  await new Promise((resume) => turn(resume))
  if (floating.length === 0) return
  const reasons = floating.splice(0)
  throw new AggregateError(
    reasons,
    `${reasons.length} promise(s) rejected and nobody listened: ${reasons.join('; ')}`,
  )
})
