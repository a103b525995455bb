/*
 * What is taken out of the sources to see the soak fail: it proves nothing that it could not disprove.
 */

import type { Change } from '../processes/program.ts'

export interface Ablation {
  readonly what: string
  readonly change: Change
  /** Within seconds. */
  readonly isQuick: boolean
}

export const ablations: readonly Ablation[] = [
  {
    what: 'the heartbeat: a copy is believed as long as no gap is noticed',
    change: { find: `now - this.#provenAt <= this.#maxStaleness`, replace: `now > 0` },
    isQuick: true,
  },
  {
    what: 'the sequence: what was asked before an invalidation is kept after it',
    change: {
      find: `return !this.#heard.isAfter(asked.changes, name)`,
      replace: `return name !== '' && asked !== undefined`,
    },
    isQuick: false,
  },
  {
    what: 'the period: copies from before a gap count after it',
    change: { find: `period === this.#period && `, replace: `` },
    isQuick: false,
  },
  {
    what: 'the barrier: far is asked about what it may not have heard of',
    change: {
      find: `    return this.#lanes.has(key)
  }`,
      replace: `    return this.#lanes.has(key) && key === ''
  }`,
    },
    isQuick: true,
  },
  {
    what: 'the lease: a load fills whatever was invalidated meanwhile',
    change: {
      find: `local held = get(KEYS[2])
if not held or string.sub(held, 2) ~= ARGV[1] then return 0 end`,
      replace: `local held = get(KEYS[2]) or ''`,
    },
    isQuick: true,
  },
]
