/*
 * Worlds of records: small ones in which the protocol must get into no trouble, and for each mechanism one in which it
 * must without it, the smallest that was found.
 */

import { explore } from '../explorer.ts'
import type { Part, Run } from '../run.ts'
import { RecordsModel } from './model.ts'
import { described, type Setting, settingOf } from './setting.ts'
import { MECHANISMS, type Mechanism, without } from './switches.ts'

const run = (what: string, setting: Setting, mechanism?: Mechanism): Run => ({
  what,
  world: described(setting),
  isBroken: mechanism !== undefined,
  explore: (most) => explore(new RecordsModel(setting, without(mechanism)), most),
})

const READERS = { gets: [2, 1], writes: [0, 1] } as const
const REVALIDATING = { stale: 'while-revalidating', faults: { ends: 1 } } as const
const IF_ERROR = { stale: 'if-error', faults: { ends: 1, loadFailures: 1 } } as const

const small: readonly Run[] = [
  run('two read, one writes', settingOf(READERS)),
  run('both read and write', settingOf({ writes: [1, 1] })),
  run('one reads, both set or delete', settingOf({ gets: [1, 0], writes: [1, 1], sets: true })),
  run('two keys', settingOf({ keys: 2 })),
  run('a subscription is lost', settingOf({ faults: { drops: 1, leaseEnds: 1 } })),
  run('… while time passes', settingOf({ gets: [1, 0], time: true, faults: { drops: 1 } })),
  run('far starts again, empty', settingOf({ faults: { restarts: 1 } })),
  run('a replica takes over that lacks the last write', settingOf({ faults: { failovers: 1 } })),
  run('requests get no answer', settingOf({ faults: { silences: 2 } })),
  run('… and one of them is a set', settingOf({ gets: [1, 0], sets: true, faults: { silences: 2 } })),
  run('stale values are served while they are refreshed', settingOf(REVALIDATING)),
  run('stale values stand in for loads that fail', settingOf(IF_ERROR)),
  run(
    'far is silent, and copies that may be old are served',
    settingOf({ servesUnproven: true, faults: { silences: 1, drops: 1 } }),
  ),
  run('nulls are kept', settingOf({ negative: true })),
  run('the source lags until the acknowledgement', settingOf({ lags: true, faults: { silences: 2 } })),
]

const large: readonly Run[] = [
  run('both read, and set or delete', settingOf({ writes: [1, 1], sets: true })),
  run('stale values are refreshed', settingOf({ ...READERS, ...REVALIDATING })),
  run('stale values stand in', settingOf({ ...READERS, ...IF_ERROR })),
  run('two read, one writes twice', settingOf({ gets: [2, 1], writes: [0, 2] })),
  run('both write, a subscription is lost', settingOf({ writes: [1, 1], faults: { drops: 1 } })),
  run('two reads while time passes', settingOf({ gets: [2, 0], time: true, faults: { drops: 1 } })),
  run('requests get no answer', settingOf({ writes: [1, 1], faults: { silences: 2 } })),
  run('a replica takes over', settingOf({ gets: [2, 0], writes: [1, 1], faults: { failovers: 1 } })),
]

const LACKING: Readonly<Record<Mechanism, Setting>> = {
  lease: settingOf({ gets: [1, 0] }),
  randomLease: settingOf({ gets: [1, 0], writes: [0, 2], faults: { restarts: 1 } }),
  setEndsLease: settingOf({ gets: [1, 0], sets: true }),
  deleteBeforePublish: settingOf({ gets: [2, 1] }),
  lateGuard: settingOf({ gets: [0, 0], writes: [0, 2], sets: true, faults: { silences: 1 } }),
  freshQuestions: settingOf({ gets: [2, 1] }),
  joinByLease: settingOf({ gets: [2, 0] }),
  noJoinOfCut: settingOf({ gets: [2, 0], writes: [1, 0] }),
  answerSequence: settingOf({ gets: [2, 1] }),
  loadSequence: settingOf({ gets: [1, 0] }),
  setSequence: settingOf({ gets: [0, 0], writes: [1, 1], sets: true }),
  freshLooks: settingOf({ gets: [2, 1] }),
  ownDropsNear: settingOf({ gets: [2, 0], writes: [1, 0] }),
  ownBarrier: settingOf({ gets: [2, 1] }),
  secondCut: settingOf({ gets: [0, 2], lags: true, faults: { silences: 1 } }),
  outbox: settingOf({ faults: { silences: 1 } }),
  gapFlush: settingOf({ gets: [1, 0], faults: { drops: 1 } }),
  heartbeat: settingOf({ gets: [2, 0], time: true, faults: { drops: 1 } }),
  confirmedProof: settingOf({ gets: [1, 0], time: true, faults: { drops: 1 } }),
  periods: settingOf({ gets: [1, 0], faults: { drops: 1 } }),
  identity: settingOf({ gets: [1, 0], faults: { failovers: 1 } }),
  replay: settingOf({ faults: { failovers: 1 } }),
  staleFenced: settingOf({ gets: [2, 0], writes: [1, 0], ...REVALIDATING }),
  errorFenced: settingOf(IF_ERROR),
  negativeFenced: settingOf({ gets: [1, 0], negative: true }),
}

const lacking = (mechanism: Mechanism): Run => run(MECHANISMS[mechanism], LACKING[mechanism], mechanism)

export const records: Part = {
  title: 'Records, near copies, leases',
  whole: small,
  large,
  lacking: (Object.keys(MECHANISMS) as Mechanism[]).map(lacking),
}
