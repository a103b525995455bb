import { expect, test } from 'vitest'
import { Call } from '../../src/link/call.ts'
import type { Reply } from '../../src/link/link.ts'

test('an answer arrives whoever puts a function of his own in between, as instrumentations do', () => {
  const heard: (Reply | Error)[] = []
  const keep = (what: Reply | Error): void => void heard.push(what)
  const caller = {
    heard: () => undefined,
    failed: (of: Call, error: Error) => of.fail(error),
    late: () => undefined,
  }
  const calls = [0, 1].map(() => new Call(['GET', 'k'], 100, caller, keep, keep))
  const failure = new Error('no')

  for (const call of calls) {
    const { resolve, reject } = call
    // Called without the call that it belongs to.
    call.resolve = (reply) => Reflect.apply(resolve, undefined, [reply])
    call.reject = (error) => Reflect.apply(reject, undefined, [error])
  }
  calls[0]?.resolve('value')
  calls[1]?.reject(failure)

  expect(heard).toEqual(['value', failure])
})
