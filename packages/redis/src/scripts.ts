/*
 * Scripts: what has to happen in the server in one step. Constant texts; everything else comes as an argument.
 *
 * KEYS are always the places of n records, then those of their n leases, all in one slot.
 *
 *   write    the records, or their ends;  drops the leases, so that loads in progress cannot fill; tells the others
 *   read     the records, and takes the leases of those that are missing
 *   take     a lease                  seize   a lease from whoever has it
 *   fill     a record, by lease       renew   a lease, by lease          drop    a lease, by lease
 *   prolong  lets records last        add     a record, where there is none
 *
 * A lease is a token behind one sign: '0', or '1' if somebody waits for it to end. Then its end is told.
 *
 * A server that is out of memory refuses what could need more, as long as a script has not written: so `SET` is tried
 * first, which may be refused, and deletions come after it, which never are. Nothing passes by the limit, and what was
 * replaced is gone even if the new does not fit.
 */

import { type Script, scriptOf } from './link/script.ts'

/** A record, or a lease, that is of another type counts as none. */
const GET = `
local function get(key)
  local found = redis.pcall('GET', key)
  if type(found) == 'table' then return false end
  return found
end
`

/** Says who has the lease then; false if nobody could be given it. */
const TAKE = `
local function take(lease, token, ms)
  local held = get(lease)
  if not held then
    if redis.pcall('SET', lease, '0' .. token, 'PX', ms).err then return false end
    return token
  end
  local holder = string.sub(held, 2)
  if holder ~= token and string.sub(held, 1, 1) == '0' then redis.pcall('SETRANGE', lease, 0, '1') end
  return holder
end
`

/** The message is built here, so that keys travel once for both channels. */
const TELL = `
local function tell(channel, what, sender, keys)
  if channel ~= '' then redis.call('PUBLISH', channel, '1 ' .. what .. ' ' .. sender .. ' ' .. keys) end
end
`

const SET = `
local function set(place, record, ttl)
  if ttl == '' then return redis.pcall('SET', place, record) end
  return redis.pcall('SET', place, record, 'PX', ttl)
end
`

/**
 * ARGV: until when (ms) records may be written, or ''; the channel, that of those who wait, the sender, the keys as
 * JSON; then for each place the ttl ('' for ever, '-' for its end) and the record.
 *
 * A server that was stopped carries out what it finds in its buffers, however late, also of connections that are gone.
 * Whoever wrote has given up by then and deleted the key over another connection. So what comes too late is not
 * written. Deletions are never too late.
 *
 * No key twice: all deletions come after all sets, as they lift the limit of a full server for what follows.
 *
 * Answers with what went wrong: number of the place, error, number, error …
 */
export const WRITE: Script = scriptOf(
  'write',
  `${TELL}${SET}
local isLate = false
if ARGV[1] ~= '' then
  local now = redis.call('TIME')
  isLate = now[1] * 1000 + now[2] / 1000 > tonumber(ARGV[1])
end
local n = #KEYS / 2
local ends, failures = {}, {}
for i = 1, n do
  local ttl = ARGV[i * 2 + 4]
  if ttl == '-' then
    ends[#ends + 1] = KEYS[i]
  else
    local failure = isLate and 'LATE' or set(KEYS[i], ARGV[i * 2 + 5], ttl).err
    if failure then
      if not isLate then ends[#ends + 1] = KEYS[i] end
      failures[#failures + 1] = i - 1
      failures[#failures + 1] = failure
    end
  end
end
if #ends > 0 then redis.call('DEL', unpack(ends)) end
local ended = redis.call('DEL', unpack(KEYS, n + 1))
tell(ARGV[2], 'changed', ARGV[4], ARGV[5])
if ended > 0 then tell(ARGV[3], 'filled', ARGV[4], ARGV[5]) end
return failures`,
)

/** ARGV: ms; then a token for each. Answers with record, holder, record, holder … */
export const READ: Script = scriptOf(
  'read',
  `${GET}${TAKE}
local n = #KEYS / 2
local found = {}
for i = 1, n do
  local record = get(KEYS[i])
  found[i * 2 - 1] = record
  found[i * 2] = not record and take(KEYS[n + i], ARGV[i + 1], ARGV[1])
end
return found`,
)

/** ARGV: token, ms. */
export const LEASE: Script = scriptOf(
  'take',
  `${GET}${TAKE}
return take(KEYS[2], ARGV[1], ARGV[2])`,
)

/** ARGV: token, ms. Who waited for the other holder waits for this one. */
export const SEIZE: Script = scriptOf(
  'seize',
  `${GET}
local held = get(KEYS[2])
local sign = held and string.sub(held, 1, 1) or '0'
local done = redis.pcall('SET', KEYS[2], sign .. ARGV[1], 'PX', ARGV[2])
if done.err then
  redis.call('DEL', KEYS[2])
  return redis.error_reply(done.err)
end
return get(KEYS[1])`,
)

/** What follows runs for the holder of the lease only. */
const HELD = `
local held = get(KEYS[2])
if not held or string.sub(held, 2) ~= ARGV[1] then return 0 end
`

/** Who waits is told by one message, whatever became of it. */
const END = `
redis.call('DEL', KEYS[2])
if string.sub(held, 1, 1) == '1' then tell(ARGV[2], 'filled', ARGV[3], ARGV[4]) end
`

/** ARGV: token; the channel of those who wait, the sender, the key as JSON; ttl, record; the channel of changes, or ''. */
export const FILL: Script = scriptOf(
  'fill',
  `${GET}${TELL}${SET}${HELD}
local done = set(KEYS[1], ARGV[6], ARGV[5])
${END}
if done.err then return redis.error_reply(done.err) end
tell(ARGV[7], 'changed', ARGV[3], ARGV[4])
return 1`,
)

/** ARGV: token, ms. */
export const RENEW: Script = scriptOf(
  'renew',
  `${GET}${HELD}
return redis.call('PEXPIRE', KEYS[2], ARGV[2])`,
)

/** ARGV: token; the channel of those who wait, the sender, the key as JSON. */
export const DROP: Script = scriptOf('drop', `${GET}${TELL}${HELD}${END}return 1`)

/** KEYS: the place of a record. ARGV: ttl, record. Answers with the one that was there. Nobody need be told: who knows of none asks again. */
export const ADD: Script = scriptOf(
  'add',
  `${GET}${SET}
local found = get(KEYS[1])
if found then return found end
local done = set(KEYS[1], ARGV[2], ARGV[1])
if done.err then return redis.error_reply(done.err) end
return false`,
)

/** KEYS: places of records only. ARGV: ttl, or '' for ever. Never shortens: a record without an end has none afterwards. */
export const PROLONG: Script = scriptOf(
  'prolong',
  `
for _, place in ipairs(KEYS) do
  if ARGV[1] == '' then
    redis.call('PERSIST', place)
  else
    local left = redis.call('PTTL', place)
    if left >= 0 and left < tonumber(ARGV[1]) then redis.call('PEXPIRE', place, ARGV[1]) end
  end
end
return 1`,
)
