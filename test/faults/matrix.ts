/*
 * The fault matrix: what can happen to a Redis and to the way there, and what a cache on it does meanwhile. The table in
 * docs/operations/faults.md is written from here (scripts/faults-table.ts), and every row is lived through by tests.
 *
 *   C    the way there      S    the server
 */

import { systemClock } from '@larder/core'
import { type ClusterServers, connect, type RedisServer, type SlotMove } from '@larder/testing/servers'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Outcome } from './agent.ts'
import { type Cast, type Diary, type During, type Plan, type Read, seenIn, type Write } from './life.ts'
import {
  alone,
  answerOf,
  babbling,
  clustered,
  type ClusterPlace,
  config,
  forgetful,
  guarded,
  hangUp,
  named,
  placeOf,
  repeated,
  strange,
  until,
  watched,
} from './places.ts'

export interface Row extends Plan {
  readonly id: string
  /** The fault. */
  readonly what: string
  /** What somebody who uses the cache sees, in words, beyond what `during` says. */
  readonly seen: string
  /** Also for clients that are handed in. */
  readonly forClients?: boolean
}

/** Nothing is answered: the first to ask wait for a deadline, later ones for nothing. */
const SILENT: During = {
  get: 'miss',
  set: 'queued',
  delete: 'queued',
  cold: 'a deadline',
  noticed: 'nothing',
}
/** Everything is refused at once. */
const REFUSED: During = { get: 'miss', set: 'queued', delete: 'queued', cold: 'nothing', noticed: 'nothing' }
/** It goes on working, mostly. */
const SHAKY: During = {
  get: 'either',
  set: 'either',
  delete: 'either',
  cold: 'a deadline',
  noticed: 'a deadline',
}
/** It works. */
const WELL: During = { get: 'hit', set: 'applied', delete: 'applied', cold: 'nothing', noticed: 'nothing' }

/** Where the server is there: a deadline that a busy machine does not miss, ms. */
const PATIENT = 1_000
/** Who was denied is not asked again for 5 s and up to half as much; ms. */
const DENIED = 9_000

/** A user with a password, which agents are given as a function. */
const rules = ['on', '>first', '~larder:*', '&larder:*', '+@all'] as const
const asUser = {
  rules,
  server: { acl: { app: rules.join(' ') } },
  opening: { username: 'app', password: 'first' },
} as const

/** Those under way, by their cluster. */
const moves = new WeakMap<ClusterServers, SlotMove>()

/** Keys of the other nodes are as they were. */
async function neighboursAreWell({ onHealthy }: ClusterPlace, { one }: Cast, diary: Diary): Promise<void> {
  const key = await onHealthy('read')
  // A busy machine misses a deadline now and then; a node that is left alone misses all.
  const wellOf = async (what: string, ask: () => Promise<Outcome>, wanted: Write | Read): Promise<void> => {
    let outcome = await ask()
    for (let n = 0; n < 5 && seenIn(outcome) !== wanted; n++) outcome = await ask()
    await diary.ask(`${what} of a key of another node`, Promise.resolve(outcome), { expected: wanted })
  }
  await wellOf('set', () => one.set(key, 1), 'applied')
  await wellOf('get', () => one.get(key), 'hit')
  await wellOf('delete', () => one.change(key, 2), 'applied')
  await diary.ask('getOrSet of a key of another node', one.load(key))
}

/** As if the clock had been set: all ends are that much later. */
function shiftEnds(server: RedisServer, by: number): Promise<unknown> {
  return server.command(
    'EVAL',
    `for _, key in ipairs(redis.call('KEYS', '*')) do
       local left = redis.call('PTTL', key)
       if left > 0 then redis.call('PEXPIRE', key, left + ARGV[1]) end
     end`,
    0,
    by,
  )
}

const connections: readonly Row[] = [
  {
    id: 'C1',
    what: 'The server is not there when the process starts',
    seen: 'The program starts all the same, unless it says `startup: "require"`. It connects by itself when the server is there.',
    during: REFUSED,
    fromTheStart: true,
    closesDuring: true,
    begin: alone({ provoke: ({ proxy }) => proxy.refuse() }),
  },
  {
    id: 'C1 later',
    what: 'The server is gone: connections are cut and refused',
    seen: 'Nothing is waited for.',
    during: REFUSED,
    forClients: true,
    closesDuring: true,
    begin: alone({
      provoke({ proxy }) {
        proxy.refuse()
        proxy.cutAll()
      },
    }),
  },
  {
    id: 'C2 reset',
    what: 'Connections are reset in the middle of an answer',
    seen: 'What was under way is a miss; of a write nobody knows, so its deletion is owed. Nothing is sent twice.',
    during: { ...SILENT, noticed: 'a deadline' },
    forClients: true,
    begin: alone({ provoke: ({ proxy }) => proxy.down.cutAfter(3, 'reset') }),
  },
  {
    id: 'C2 end',
    what: 'Connections end in order in the middle of an answer',
    seen: 'The same.',
    during: { ...SILENT, noticed: 'a deadline' },
    begin: alone({ provoke: ({ proxy }) => proxy.down.cutAfter(3, 'fin') }),
  },
  {
    id: 'C3',
    what: 'Half-open: connections that exist lead nowhere, new ones work',
    seen: 'After three deadlines without a sign the connection is replaced, and all is well again without anybody healing it.',
    during: { ...SHAKY, get: 'miss' },
    begin: alone({ provoke: ({ proxy }) => proxy.blackHole({ existing: true, new: false }), heal() {} }),
  },
  {
    id: 'C4',
    what: 'A black hole: neither data nor an end, on old and new connections',
    seen: 'The first callers wait for one deadline, together; then the breaker is open and nobody waits.',
    during: SILENT,
    forClients: true,
    closesDuring: true,
    begin: alone({ provoke: ({ proxy }) => proxy.blackHole() }),
  },
  {
    id: 'C5',
    what: 'Commands arrive, answers do not',
    seen: 'A write that was carried out counts as one of which nobody knows: its key is deleted afterwards.',
    during: SILENT,
    begin: alone({ provoke: ({ proxy }) => proxy.down.lose() }),
  },
  {
    id: 'C6 slow',
    what: 'Every answer takes a second',
    seen: 'As if there were none. A value that arrives so late that its writer has given up is not written.',
    during: SILENT,
    begin: alone({ provoke: ({ proxy }) => proxy.down.delay(1_000) }),
  },
  {
    id: 'C6 behind',
    what: 'Every answer comes a little later than is waited for',
    seen: 'Something is always heard, so the connection stays. The breaker opens: one call at a time tries whether it is better, all others wait for nothing.',
    during: SILENT,
    begin: alone({ provoke: ({ proxy }) => proxy.down.delay(150) }),
  },
  {
    id: 'C6 late',
    what: 'A value arrives a second late, when another process has deleted its key',
    seen: 'It is not written: the server is told until when it may be.',
    during: SILENT,
    begin: alone({
      othersGoStraight: true,
      async provoke({ proxy }, { one, other }) {
        proxy.up.delay(1_000)
        const { far } = await one.set('late', 0)
        if (far !== 'queued') throw new Error(`the value was ${far}`)
        const deleted = await other.change('late', 1)
        if (deleted.far !== 'applied') throw new Error(`the deletion was ${deleted.far}`)
        await one.hear('late', 1)
        // Until everything that was sent has arrived.
        await other.watch('late', 1_500)
      },
    }),
  },
  {
    id: 'C6 stopped',
    what: 'The server process is stopped (SIGSTOP): connections stay, nothing answers',
    seen: 'As a black hole. What it finds in its buffers when it goes on does no harm.',
    during: SILENT,
    forClients: true,
    closesDuring: true,
    begin: alone({ provoke: ({ server }) => server.pause(), heal: ({ server }) => server.resume() }),
  },
  {
    id: 'C6 paused',
    what: 'The server pauses writes (CLIENT PAUSE … WRITE)',
    seen: 'Reads go on until the breaker opens; then all is as in a black hole.',
    during: { ...SHAKY },
    begin: alone({
      provoke: ({ server }) => server.command('CLIENT', 'PAUSE', 60_000, 'WRITE'),
      heal: ({ server }) => server.command('CLIENT', 'UNPAUSE'),
    }),
  },
  {
    id: 'C7',
    what: 'Bytes dribble, one a millisecond',
    seen: 'What takes longer than a deadline is a miss; a deadline counts from the call, not from the first byte.',
    during: SHAKY,
    begin: alone({
      provoke({ proxy }) {
        proxy.down.dribble(1)
        proxy.up.dribble(1)
      },
    }),
  },
  {
    id: 'C8 damaged',
    what: 'Answers arrive with a byte changed',
    seen: 'Where a checksum or the protocol tells, it is a miss, and what cannot be read any further is replaced. No damaged value is served. A damaged lease may be waited for until it ends, 3 s at the most.',
    leases: 3_000,
    during: SHAKY,
    begin: alone({
      provoke({ proxy }) {
        for (let n = 0; n < 10_000; n++) proxy.down.corrupt()
      },
    }),
  },
  {
    id: 'C8 nothing',
    what: 'Answers arrive that nobody has asked for',
    seen: 'The connection is replaced: nobody can say which of its answers were the right ones. A lease whose answer was lost may be waited for until it ends, 3 s at the most.',
    leases: 3_000,
    during: SHAKY,
    begin: babbling,
  },
  {
    id: 'C8 stranger',
    what: 'Something that is no Redis answers at its address',
    seen: 'As if it were down; never read any further.',
    during: SILENT,
    begin: strange,
  },
  {
    id: 'C9',
    what: 'The name of the server leads to another address, and nobody answers at the old one',
    seen: 'The name is looked up at every attempt, so the new one is found.',
    during: REFUSED,
    begin: named,
  },
  {
    id: 'C10 expired',
    what: 'TLS: the certificate has expired',
    seen: 'Not trusted, and not asked again for 5 s.',
    during: REFUSED,
    fromTheStart: true,
    within: DENIED,
    begin: guarded({ expired: true }, true),
  },
  {
    id: 'C10 host',
    what: 'TLS: the certificate is for another host',
    seen: 'The same.',
    during: REFUSED,
    fromTheStart: true,
    within: DENIED,
    begin: guarded({ host: 'elsewhere.test' }, true),
  },
  {
    id: 'C10 authority',
    what: 'TLS: the certificate is from an authority that is not trusted',
    seen: 'The same.',
    during: REFUSED,
    fromTheStart: true,
    within: DENIED,
    begin: guarded({}, false),
  },
  {
    id: 'C11',
    what: 'The server has too many clients, and refuses new ones',
    seen: 'As if it were down; tried again with pauses.',
    during: REFUSED,
    begin: alone({
      async provoke(place) {
        await config(place.server, 'maxclients', 1)
        await hangUp(place)
      },
      heal: ({ server }) => config(server, 'maxclients', 1_000),
    }),
  },
  {
    id: 'C12',
    what: 'Something between drops connections that are idle for 100 ms',
    seen: 'A new connection each time; the read that finds it out is a miss.',
    during: SHAKY,
    begin: alone({ provoke: ({ proxy }) => proxy.idleCut(100) }),
  },
  {
    id: 'C13',
    what: 'The server dies, and all processes want to connect again',
    seen: 'One attempt at a time for each connection, with pauses by chance of up to 800 ms.',
    during: REFUSED,
    begin: alone({
      provoke: ({ server }) => server.kill(),
      async during({ proxy }, _, diary) {
        // The first second has short pauses; what counts is what follows.
        const [before, began] = [proxy.accepted, systemClock.exact()]
        await until(() => {
          if (proxy.accepted < before + 20) throw new Error('they still try')
        })
        const took = systemClock.exact() - began
        diary.expect(`20 attempts of 4 connections took only ${took} ms`, took > 800)
      },
      heal: ({ server }) => server.restart(),
    }),
  },
]

const servers: readonly Row[] = [
  {
    id: 'S1',
    what: 'LOADING: it reads its data after a start',
    seen: 'As if it were down, without reconnecting over and over.',
    during: REFUSED,
    begin: alone({
      server: { config: { 'key-load-delay': 4_000, 'loading-process-events-interval-bytes': 1_024 } },
      async provoke({ server }) {
        await server.command('DEBUG', 'POPULATE', 500, 'larder:v1:other:x')
        await server.restart({ loading: true })
      },
      heal: ({ server }) =>
        until(async () => {
          if ((await answerOf(server, 'PING')) !== 'PONG') throw new Error('still loading')
        }),
    }),
  },
  {
    id: 'S2',
    what: 'READONLY: it has become a replica',
    seen: 'Reads may go on; nothing is written. The connection is left now and then, in case its name leads elsewhere by now.',
    during: { ...REFUSED, get: 'either', cold: 'a deadline', noticed: 'a deadline' },
    begin: alone({
      provoke: ({ server }) => server.command('REPLICAOF', '127.0.0.1', 1),
      heal: ({ server }) => server.command('REPLICAOF', 'NO', 'ONE'),
    }),
  },
  {
    id: 'S3',
    what: 'MASTERDOWN: a replica that has lost its primary, and serves nothing',
    seen: 'As if it were down.',
    during: { ...REFUSED, cold: 'a deadline', noticed: 'a deadline' },
    begin: alone({
      server: { config: { 'replica-serve-stale-data': false } },
      provoke: ({ server }) => server.command('REPLICAOF', '127.0.0.1', 1),
      heal: ({ server }) => server.command('REPLICAOF', 'NO', 'ONE'),
    }),
  },
  {
    id: 'S6',
    what: 'OOM: its memory is full, and it evicts nothing',
    seen: 'Hits stay hits, invalidations work; nothing new is kept, and what was to be replaced is gone.',
    deadline: PATIENT,
    during: { get: 'hit', set: 'queued', delete: 'applied', cold: 'nothing', noticed: 'nothing' },
    begin: alone({
      provoke: ({ server }) => config(server, 'maxmemory', 1),
      heal: ({ server }) => config(server, 'maxmemory', 0),
    }),
  },
  {
    id: 'S4 node',
    what: 'A node of a cluster dies, and has no replica; the cluster serves what is left',
    seen: 'Keys of that node are misses. Keys of other nodes are served as always: each node has a breaker of its own. Where the node keeps the marks of a namespace, all of that namespace are misses.',
    during: { ...REFUSED, cold: 'a deadline', tags: 'either' },
    begin: clustered({
      options: { config: { 'cluster-require-full-coverage': false } },
      provoke: ({ sick }) => sick.kill(),
      during: neighboursAreWell,
      async heal({ cluster, sick }) {
        await sick.restart()
        await cluster.waitUntilServed()
      },
    }),
  },
  {
    id: 'S4 stopped',
    what: 'A node of a cluster is stopped (SIGSTOP)',
    seen: 'The same; the first callers of its keys wait for one deadline.',
    during: { ...SILENT, tags: 'either' },
    begin: clustered({
      options: { nodeTimeout: 15_000, config: { 'cluster-require-full-coverage': false } },
      provoke: async ({ sick }) => sick.pause(),
      during: neighboursAreWell,
      async heal({ cluster, sick }) {
        sick.resume()
        await cluster.waitUntilServed()
      },
    }),
  },
  {
    id: 'S4 all',
    what: 'CLUSTERDOWN: a part of the slots is not served, and so none',
    seen: 'As if it were down.',
    during: { ...REFUSED, cold: 'a deadline', noticed: 'a deadline' },
    begin: clustered({
      async provoke({ cluster, sick }) {
        await sick.kill()
        const [node] = cluster.nodes.filter((each) => each !== sick)
        await until(async () => {
          if (node === undefined || !(await answerOf(node, 'GET', 'k')).includes('CLUSTERDOWN')) {
            throw new Error('the cluster still serves')
          }
        })
      },
      async heal({ cluster, sick }) {
        await sick.restart()
        await cluster.waitUntilServed()
      },
    }),
  },
  {
    id: 'S5',
    what: 'ASK, TRYAGAIN, MOVED: the slot of the keys is being moved',
    seen: 'Calls are sent on, three times at the most; what cannot be asked for at either node is a miss.',
    during: SHAKY,
    begin: clustered({
      isOneSlot: true,
      async provoke({ cluster }) {
        const from = await cluster.nodeOf(placeOf('read'))
        const to = cluster.nodes.find((node) => node !== from)
        if (to === undefined) throw new Error('there are three nodes')
        const move = await cluster.beginMove(placeOf('read'), to)
        await move.keys(placeOf('read'))
        moves.set(cluster, move)
      },
      async heal({ cluster }) {
        await moves.get(cluster)?.finish()
      },
    }),
  },
  {
    id: 'S7',
    what: 'MISCONF: its snapshots fail, so it refuses all writes',
    seen: 'Hits stay hits. Invalidations are owed; this process does not ask for those keys until they are delivered, others may read the old values until then.',
    deadline: PATIENT,
    during: { get: 'hit', set: 'queued', delete: 'queued', cold: 'nothing', noticed: 'nothing' },
    begin: alone({
      async provoke({ server }) {
        await mkdir(path.join(server.dir, 'dump.rdb'))
        await config(server, 'save', '3600 1')
        await server.command('BGSAVE')
        await until(async () => {
          const info = String(await server.command('INFO', 'persistence'))
          if (!info.includes('rdb_last_bgsave_status:err')) throw new Error('it has not tried yet')
        })
      },
      heal: ({ server }) => config(server, 'save', ''),
    }),
  },
  {
    id: 'S8',
    what: 'NOREPLICAS: too few replicas, so it refuses all writes',
    seen: 'The same.',
    deadline: PATIENT,
    during: { get: 'hit', set: 'queued', delete: 'queued', cold: 'nothing', noticed: 'nothing' },
    begin: alone({
      provoke: ({ server }) => config(server, 'min-replicas-to-write', 1),
      heal: ({ server }) => config(server, 'min-replicas-to-write', 0),
    }),
  },
  {
    id: 'S9 password',
    what: 'NOAUTH: it wants a password from now on, and there is none',
    seen: 'As if it were down; asked again after 5 s.',
    during: REFUSED,
    within: DENIED,
    begin: alone({
      async provoke(place) {
        await config(place.server, 'requirepass', 'secret')
        await hangUp(place)
      },
      heal: ({ server }) => config(server, 'requirepass', ''),
    }),
  },
  {
    id: 'S9 user',
    what: 'WRONGPASS: the user is deleted, with its connections',
    seen: 'The same.',
    during: REFUSED,
    within: DENIED,
    begin: alone({
      ...asUser,
      provoke: ({ server }) => server.command('ACL', 'DELUSER', 'app'),
      heal: ({ server }) => server.command('ACL', 'SETUSER', 'app', ...asUser.rules),
    }),
  },
  {
    id: 'S9 rotated',
    what: 'The password is changed, and whoever gives it knows the new one',
    seen: 'A password that is a function is asked for at every connection: nothing but the lost connection is seen.',
    during: SHAKY,
    begin: alone({
      ...asUser,
      async provoke({ server }, { one, other }) {
        await Promise.all([one.learn('second'), other.learn('second')])
        await server.command('ACL', 'SETUSER', 'app', 'resetpass', '>second')
        await server.command('CLIENT', 'KILL', 'USER', 'app')
      },
      heal() {},
    }),
  },
  {
    id: 'S9 rights',
    what: 'NOPERM: the user may no longer run scripts',
    seen: 'What is there is read; nothing is written.',
    deadline: PATIENT,
    during: { get: 'hit', set: 'queued', delete: 'queued', cold: 'nothing', noticed: 'nothing' },
    begin: alone({
      ...asUser,
      provoke: ({ server }) => server.command('ACL', 'SETUSER', 'app', '-evalsha', '-eval'),
      heal: ({ server }) => server.command('ACL', 'SETUSER', 'app', '+@all'),
    }),
  },
  {
    id: 'S10',
    what: 'NOSCRIPT: it forgets its scripts, over and over',
    seen: 'Nothing. They are brought again with the call.',
    deadline: PATIENT,
    during: WELL,
    begin: alone({
      provoke(place) {
        repeated(place, 20, () => place.server.command('SCRIPT', 'FLUSH').catch(() => {}))
      },
    }),
  },
  {
    id: 'S11',
    what: 'BUSY: a script of somebody occupies it',
    seen: 'As if it were down. No script is killed.',
    during: SILENT,
    begin: alone({
      server: { config: { 'lua-time-limit': 100 } },
      async provoke({ server }) {
        const somebody = await connect(server.port)
        somebody.command('EVAL', 'while true do end', 0).catch(() => {})
        await until(async () => {
          if (!(await answerOf(server, 'PING')).includes('BUSY')) throw new Error('not busy yet')
        })
      },
      heal: ({ server }) => server.command('SCRIPT', 'KILL'),
    }),
  },
  {
    id: 'S12 type',
    what: 'WRONGTYPE: a key holds something else',
    seen: 'A miss; it can be written and deleted. No other key is affected.',
    deadline: PATIENT,
    during: { ...WELL, get: 'miss' },
    begin: alone({
      async provoke({ server }) {
        await server.command('DEL', placeOf('read'))
        await server.command('RPUSH', placeOf('read'), 'a', 'b')
      },
      during: async (_, { one }, diary) => {
        for (let n = 0; n < 200; n++) await one.get('read')
        await diary.ask('get of another key', one.get('others'), { cost: 'nothing', expected: 'hit' })
        await diary.ask('set over it', one.set('read', 1), { cost: 'nothing', expected: 'applied' })
        await diary.ask('get of what was set', one.get('read'), { cost: 'nothing', expected: 'hit' })
      },
    }),
  },
  {
    id: 'S12 bytes',
    what: 'A record is damaged in the server',
    seen: 'A miss, and an event. No other key is affected.',
    deadline: PATIENT,
    during: { ...WELL, get: 'miss' },
    begin: alone({
      async provoke({ server }) {
        await server.command('SETRANGE', placeOf('read'), 60, '~~~~')
      },
      during: async (_, { one }, diary) => {
        for (let n = 0; n < 200; n++) await one.get('read')
        await diary.ask('get of another key', one.get('others'), { cost: 'nothing', expected: 'hit' })
        const loaded = await diary.ask('getOrSet', one.load('read'), { cost: 'nothing' })
        diary.expect('getOrSet loads', loaded.value === 'read#0')
      },
    }),
  },
  {
    id: 'S13 restart',
    what: 'It dies and comes back empty',
    seen: 'Nothing is waited for while it is gone; then all keys are misses.',
    during: REFUSED,
    begin: alone({
      provoke: ({ server }) => server.kill(),
      heal: ({ server }) => server.restart({ empty: true }),
    }),
  },
  {
    id: 'S13 flushed',
    what: 'FLUSHALL: it forgets everything, and tells nobody',
    seen: 'All keys are misses.',
    deadline: PATIENT,
    during: { ...WELL, get: 'miss' },
    begin: alone({ provoke: ({ server }) => server.command('FLUSHALL') }),
  },
  {
    id: 'S13 swapped',
    what: 'SWAPDB: another database has taken its place',
    seen: 'All keys are misses.',
    deadline: PATIENT,
    during: { ...WELL, get: 'miss' },
    begin: alone({ provoke: ({ server }) => server.command('SWAPDB', 0, 1) }),
  },
  {
    id: 'S14',
    what: 'A failover loses a deletion that was acknowledged',
    seen: 'Whoever said it says it again when the server has become another one; until then the old value is back.',
    during: REFUSED,
    begin: forgetful,
  },
  {
    id: 'S15',
    what: 'The primary dies, and Sentinels name another',
    seen: 'Down until another is named; then at once back.',
    during: REFUSED,
    begin: watched,
  },
  {
    id: 'S16',
    what: 'It is full, and evicts whatever it likes',
    seen: 'Any key may be a miss at any time, marks of tags and leases too. What is found is right.',
    deadline: PATIENT,
    during: { ...SHAKY, delete: 'applied', cold: 'nothing', noticed: 'nothing' },
    begin: alone({
      server: { config: { maxmemory: '6mb', 'maxmemory-policy': 'allkeys-random' } },
      async provoke({ server }, { one, other }) {
        await server.command('DEBUG', 'POPULATE', 30_000, 'larder:v1:other:x', 200)
        await Promise.all([one.traffic(500, 50, 8), other.traffic(500, 50, 8)])
      },
      heal: ({ server }) => config(server, 'maxmemory', 0),
    }),
  },
  {
    id: 'S17',
    what: 'The clock of the server jumps by an hour',
    seen: 'Forward: misses. Back: nothing lives longer than its ttl, which stands in the record as well.',
    deadline: PATIENT,
    during: { ...WELL, get: 'either' },
    begin: alone({
      provoke: ({ server }) => shiftEnds(server, -3_600_000),
      async during({ server }, { one }, diary) {
        await one.setFor('short', 300)
        await shiftEnds(server, 3_600_000)
        await diary.ask('a value ends with its ttl', one.gone('short', 1_500), { limit: 600 })
        diary.expect(
          'its record would still be there',
          (await server.command('EXISTS', placeOf('short'))) === 1,
        )
      },
    }),
  },
  {
    id: 'S18',
    what: 'It drops a subscriber that does not read',
    seen: 'What is memoised of tags is not believed after a second without a sign; the subscription comes back by itself.',
    deadline: PATIENT,
    during: { ...WELL },
    begin: alone({
      server: { config: { 'client-output-buffer-limit': 'pubsub 64kb 0 0' } },
      async provoke({ server, proxy }, { one, other }) {
        await one.setTagged('seen', 'other tag')
        await one.get('seen')
        const list = String(await server.command('CLIENT', 'LIST', 'TYPE', 'pubsub'))
        for (const each of proxy.connections) if (list.includes(` addr=${each.address} `)) each.down.stall()
        await other.changeTagged(['seen'], 1, 'other tag')
        const flood = 'x'.repeat(100_000)
        await until(async () => {
          await server.command('PUBLISH', 'larder:v1:marks', flood)
          const left = String(await server.command('CLIENT', 'LIST', 'TYPE', 'pubsub')).trim()
          if (left !== '') throw new Error('they are still there')
        })
      },
      during: (_, { one }, diary) =>
        diary
          .ask('what another process has invalidated', one.agree('seen', 1, 1_300), { limit: 1_400 })
          .then(() => {}),
    }),
  },
  {
    id: 'S19 value',
    what: 'A value is larger than is allowed (`maxValueBytes`)',
    seen: '`set` rejects with VALUE_REFUSED before anything is sent; `getOrSet` answers and does not store. No other key is affected.',
    deadline: PATIENT,
    during: WELL,
    begin: alone({
      provoke() {},
      async during(_, { one }, diary) {
        const refused = await one.setLong('long', 9_000_000)
        diary.expect(`set says ${refused.error}`, refused.error?.includes('VALUE_REFUSED') === true)
        const { value } = await one.loadLong('long', 9_000_000)
        diary.expect('getOrSet answers', value?.startsWith('long#0#xxx') === true)
        await diary.ask('get of another key', one.get('others'), { cost: 'nothing', expected: 'hit' })
      },
    }),
  },
  {
    id: 'S19 server',
    what: 'A value is larger than the server takes, which closes the connection',
    seen: 'What else was under way on it is a miss. The deletion of the old value is owed.',
    during: SHAKY,
    begin: alone({
      async provoke({ server }, { one }) {
        await config(server, 'proto-max-bulk-len', 1_048_576)
        const { far } = await one.setLong('long', 2_000_000)
        if (far !== 'queued') throw new Error(`it was ${far}`)
      },
      heal() {},
    }),
  },
  {
    id: 'S20',
    what: 'An old server, or one that is not let do all: no HELLO, UNLINK, CLIENT, ROLE, ACL',
    seen: 'Nothing. `clear` gives no space back, and is as good: its marks are gone.',
    deadline: PATIENT,
    during: WELL,
    begin: alone({
      server: {
        config: { 'rename-command': ['HELLO ""', 'UNLINK ""', 'CLIENT ""', 'ROLE ""', 'ACL ""'] },
      },
      provoke() {},
      async during(_, { one, other }, diary) {
        await diary.ask('clear', one.clear(), { expected: 'applied' })
        await diary.ask('get after clear', one.get('others'), { cost: 'nothing', expected: 'miss' })
        await other.agree('others', 1, 1_200)
      },
    }),
  },
]

export const matrix: readonly Row[] = [...connections, ...servers]
