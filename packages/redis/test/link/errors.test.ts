/*
 * What servers answer, and what it means: texts as Redis 7 and Valkey send them.
 */

import { expect, test } from 'vitest'
import { connectionError, isReply, meaningOf, refused } from '../../src/link/errors.ts'

test.each([
  ['LINK_DOWN', 'LOADING Redis is loading the dataset in memory'],
  ['LINK_DOWN', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['LINK_DOWN', 'CLUSTERDOWN Hash slot not served'],
  ['LINK_DOWN', 'CLUSTERDOWN The cluster is down'],
  ['LINK_DOWN', 'TRYAGAIN Multiple keys request during rehashing of slot'],
  ['LINK_DOWN', 'MOVED 3999 127.0.0.1:6381'],
  ['LINK_DOWN', 'ASK 3999 127.0.0.1:6381'],
  ['LINK_DOWN', 'ERR max number of clients reached'],
  ['LINK_REFUSED', "OOM command not allowed when used memory > 'maxmemory'."],
  [
    'LINK_REFUSED',
    "OOM command not allowed when used memory > 'maxmemory'. script: 1234, on @user_script:1.",
  ],
  [
    'LINK_REFUSED',
    "ERR Error running script (call to f_abc): @user_script:1: -OOM command not allowed when used memory > 'maxmemory'.",
  ],
  [
    'LINK_REFUSED',
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
  ],
  ['LINK_REFUSED', 'NOREPLICAS Not enough good replicas to write.'],
  ['LINK_REFUSED', "READONLY You can't write against a read only replica."],
  ['LINK_REFUSED', 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.'],
  ['LINK_DENIED', 'NOAUTH Authentication required.'],
  ['LINK_DENIED', 'WRONGPASS invalid username-password pair or user is disabled.'],
  ['LINK_DENIED', "NOPERM User app has no permissions to run the 'info' command"],
  ['LINK_DENIED', 'DENIED Redis is running in protected mode because protected mode is enabled'],
  ['LINK_DENIED', 'ERR invalid password'],
  ['LINK_BUG', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['LINK_BUG', "CROSSSLOT Keys in request don't hash to the same slot"],
  ['LINK_BUG', 'ERR syntax error'],
  ['LINK_BUG', "ERR unknown command 'FOO', with args beginning with: 'x' "],
  ['LINK_BUG', 'SOMETHING a module invented'],
])('%s: %s', (code, text) => {
  expect(isReply(new Error(text))).toBe(true)
  expect(meaningOf(text).code).toBe(code)
  const error = refused('redis h:1', 'SET', text)
  expect(error.message).toContain('redis h:1')
  expect(error.message).not.toContain('args beginning')
})

test.each([
  'connect ECONNREFUSED 127.0.0.1:1',
  'read ECONNRESET',
  'Connection is closed.',
  'Socket closed unexpectedly',
  'The client is closed',
  "Stream isn't writeable and enableOfflineQueue options is false",
])('no server says: %s', (text) => {
  expect(isReply(new Error(text))).toBe(false)
})

test('a certificate that cannot be trusted is a denial, not an outage', () => {
  const cause = Object.assign(new Error('self-signed certificate in certificate chain'), {
    code: 'SELF_SIGNED_CERT_IN_CHAIN',
  })
  expect(connectionError('redis h:1', cause).code).toBe('LINK_DENIED')
})

test('what comes with the error of a client is not handed on', () => {
  const cause = Object.assign(new Error('WRONGPASS no'), { command: { name: 'auth', args: ['canary'] } })
  const error = refused('redis h:1', 'AUTH', cause.message)
  expect(JSON.stringify([error, error.cause])).not.toContain('canary')
})
