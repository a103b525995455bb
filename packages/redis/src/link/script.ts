/*
 * A script: Lua that runs in the server, as one step. Constant texts only, never built from input.
 */

import { createHash } from 'node:crypto'

export interface Script {
  readonly name: string
  readonly text: string
  /** SHA-1 of the text, by which servers know it. */
  readonly digest: string
}

export function scriptOf(name: string, text: string): Script {
  return { name, text, digest: createHash('sha1').update(text).digest('hex') }
}
