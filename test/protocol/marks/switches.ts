/* The mechanisms that keep tags and clear right, one switch each; and the worlds in which they are explored. */

export const MECHANISMS = {
  randomToken: 'a token is random, so that none comes twice',
  goneIsInvalid: 'a mark that is gone makes what carries it invalid',
  namespaceMark: 'an entry carries the mark of its namespace, which clear replaces',
  takenBefore: 'marks are taken before the load begins',
  mintedBefore: 'a token is in the store before the load under it begins',
  lateMark: 'a load that names a tag at its end is kept only under the late mark of its beginning',
  lateGoesFirst: 'an invalidation ends the late mark before that of the tag',
  lateIsLookedAtLast: 'the late mark is looked at after the mark of the tag was taken',
  killedAtCall: 'an own invalidation ends what is remembered when it is called',
  ownBarrier: 'until an own invalidation is acknowledged, no token that far tells counts',
  landsLive: 'a load whose marks have changed is not kept',
  messageKills: 'a message ends what is remembered of a mark, and what was kept under it',
  answerIsOvertaken: 'a token that was asked for before a message of its mark does not count',
  periods: 'after a gap, tokens and copies from before are not believed',
} as const

export type Mechanism = keyof typeof MECHANISMS

export type Switches = Readonly<Record<Mechanism, boolean>>

/** All on but one. */
export function without(mechanism?: Mechanism): Switches {
  const all = (Object.keys(MECHANISMS) as Mechanism[]).map((each) => [each, each !== mechanism])
  return Object.fromEntries(all) as Switches
}

export interface Setting {
  readonly gets: readonly [number, number]
  readonly writes: readonly [number, number]
  /** Whether its tag is known before the load begins, or named at its end. */
  readonly isLate: boolean
  /** Whether everything is cleared, instead of a tag invalidated. */
  readonly clears: boolean
  /** Whether processes hear of changes, and remember tokens and keep copies because of that. */
  readonly hears: boolean
  readonly drops: number
  readonly restarts: number
  /** How often far loses a mark. */
  readonly evictions: number
}

export function settingOf(setting: Partial<Setting>): Setting {
  return {
    gets: [1, 1],
    writes: [0, 1],
    isLate: false,
    clears: false,
    hears: false,
    drops: 0,
    restarts: 0,
    evictions: 0,
    ...setting,
  }
}

/** How large the world is. */
export function described({
  gets,
  writes,
  isLate,
  clears,
  hears,
  drops,
  restarts,
  evictions,
}: Setting): string {
  const words = [`reads ${gets.join(' + ')}`, `${clears ? 'clears' : 'invalidations'} ${writes.join(' + ')}`]
  if (isLate) words.push('the tag is named late')
  words.push(hears ? 'tokens are remembered' : 'tokens are asked for')
  if (drops > 0) words.push('a lost subscription')
  if (restarts > 0) words.push('a restart')
  if (evictions > 0) words.push(`${evictions} lost ${evictions > 1 ? 'marks' : 'mark'}`)
  return words.join(', ')
}
