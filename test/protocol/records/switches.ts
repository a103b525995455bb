/*
 * The mechanisms that keep records right, one switch each. The protocol has all of them; a variant lacks one, and must get
 * into trouble somewhere.
 */

export const MECHANISMS = {
  lease: 'a fill compares the lease it began under',
  randomLease: 'a lease is a random token, not a count that starts anew with the server',
  setEndsLease: 'a set ends the lease of its key like a deletion',
  deleteBeforePublish: 'a change is told after it was made, in one step',
  lateGuard: 'a set says until when it may be written',
  freshQuestions: 'a question that was sent is not shared',
  joinByLease: 'a load is joined by who was told that it has the lease',
  noJoinOfCut: 'a load that was cut is not joined',
  answerSequence: 'what far answers is kept near only if nothing was heard of the key since it was asked',
  loadSequence: 'what a load brings is kept near only if nothing was heard of the key since it began',
  setSequence: 'what was set is kept near only if nothing was heard of the key since it was sent',
  freshLooks: 'who asks later is not answered by what a load that waits for another had asked for before',
  ownDropsNear: 'an own invalidation drops the near copy when it is called',
  ownBarrier: 'until an own invalidation is acknowledged, far is not asked for the key',
  secondCut: 'an own invalidation cuts again when it is acknowledged',
  outbox: 'an invalidation that failed is owed, and the barrier stays until it is delivered',
  gapFlush: 'after a gap, near copies from before are not believed',
  heartbeat: 'near copies are believed for a time after the last proof only',
  confirmedProof: 'a heartbeat proves only what was subscribed when it was sent',
  periods: 'a proof covers only what was asked for after the first one',
  identity: 'a heartbeat proves nothing unless it is answered by the server of the data',
  replay: 'own invalidations are said again to a server that may have lost them',
  staleFenced: 'a stale value is not served if something was said of the key since far was asked',
  errorFenced: 'a stale value is not served in place of a failed load that was cut',
  negativeFenced: 'a kept null is dropped by an invalidation like any value',
} as const

export type Mechanism = keyof typeof MECHANISMS

export type Switches = Readonly<Record<Mechanism, boolean>>

/** All on but one. */
export function without(mechanism?: Mechanism): Switches {
  const all = (Object.keys(MECHANISMS) as Mechanism[]).map((each) => [each, each !== mechanism])
  return Object.fromEntries(all) as Switches
}
