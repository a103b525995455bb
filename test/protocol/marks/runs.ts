/* Worlds of marks: small ones in which nothing may break, and for each mechanism one in which something must without it. */

import { explore } from '../explorer.ts'
import type { Part, Run } from '../run.ts'
import { MarksModel } from './model.ts'
import { described, MECHANISMS, type Mechanism, type Setting, settingOf, without } from './switches.ts'

const run = (what: string, setting: Setting, mechanism?: Mechanism): Run => ({
  what,
  world: described(setting),
  isBroken: mechanism !== undefined,
  explore: (most) => explore(new MarksModel(setting, without(mechanism)), most),
})

const small: readonly Run[] = [
  run('tags are known before', settingOf({ gets: [2, 1] })),
  run('tags are named late', settingOf({ isLate: true })),
  run('everything is cleared', settingOf({ gets: [2, 1], clears: true })),
  run('both invalidate', settingOf({ gets: [2, 0], writes: [1, 1] })),
  run('marks are lost', settingOf({ gets: [2, 0], evictions: 2 })),
  run('… and tags named late', settingOf({ gets: [2, 0], isLate: true, evictions: 1 })),
  run('far starts again, empty', settingOf({ gets: [2, 0], restarts: 1 })),
  run('tokens are remembered', settingOf({ hears: true })),
  run('… and tags named late', settingOf({ gets: [2, 0], isLate: true, hears: true })),
  run('… and a subscription is lost', settingOf({ gets: [2, 0], hears: true, drops: 1 })),
  run('… and everything is cleared', settingOf({ clears: true, hears: true })),
]

const large: readonly Run[] = [
  run('marks are lost', settingOf({ evictions: 2 })),
  run('… and tags named late', settingOf({ isLate: true, evictions: 1 })),
  run('one invalidates twice', settingOf({ gets: [2, 1], writes: [0, 2] })),
  run('marks and messages are lost', settingOf({ gets: [2, 0], hears: true, evictions: 1, drops: 1 })),
  run('far starts again', settingOf({ hears: true, restarts: 1, gets: [2, 0], isLate: true })),
  run('tags named late, tokens remembered', settingOf({ isLate: true, hears: true })),
]

const LACKING: Readonly<Record<Mechanism, Setting>> = {
  randomToken: settingOf({ gets: [2, 0] }),
  goneIsInvalid: settingOf({ gets: [2, 0] }),
  namespaceMark: settingOf({ gets: [2, 0], clears: true }),
  takenBefore: settingOf({ gets: [1, 0] }),
  mintedBefore: settingOf({ gets: [1, 0] }),
  lateMark: settingOf({ gets: [1, 0], isLate: true }),
  lateGoesFirst: settingOf({ isLate: true }),
  lateIsLookedAtLast: settingOf({ isLate: true }),
  killedAtCall: settingOf({ gets: [2, 0], writes: [1, 0], hears: true }),
  ownBarrier: settingOf({ gets: [2, 0], writes: [1, 0] }),
  landsLive: settingOf({ gets: [2, 0], writes: [1, 0], hears: true }),
  messageKills: settingOf({ gets: [1, 0], hears: true }),
  answerIsOvertaken: settingOf({ hears: true }),
  periods: settingOf({ gets: [1, 0], hears: true, drops: 1 }),
}

export const marks: Part = {
  title: 'Tags and clear',
  whole: small,
  large,
  lacking: (Object.keys(MECHANISMS) as Mechanism[]).map((each) => run(MECHANISMS[each], LACKING[each], each)),
}
