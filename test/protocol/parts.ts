/* All parts of the protocol. */

import { marks } from './marks/runs.ts'
import { records } from './records/runs.ts'
import type { Part } from './run.ts'

export const parts: readonly Part[] = [records, marks]

/** `LARDER_DEPTH=large`: the larger worlds as well, which take minutes and up to 2 GB. */
export const isLarge = process.env['LARDER_DEPTH'] === 'large'
