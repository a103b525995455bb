/*
 * What is taken out of the sources to see the soak fail: it proves nothing that it could not disprove.
 */

import type { Change } from '../processes/program.ts'
import type { Counted } from './soak.ts'

export interface Ablation {
  readonly what: string
  readonly change: Change
  /** What is counted then. */
  readonly breaks: keyof Pick<Counted, 'beyond' | 'own'>
  /** Within seconds. */
  readonly isQuick: boolean
}

export const ablations: readonly Ablation[] = [
  {
    what: 'a fill that compares its lease',
    change: {
      find: `local held = get(KEYS[2])
if not held or string.sub(held, 2) ~= ARGV[1] then return 0 end`,
      replace: `local held = get(KEYS[2]) or ''`,
    },
    breaks: 'beyond',
    isQuick: true,
  },
]
