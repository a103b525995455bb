/*
 * A script: Lua that runs in the server, as one step. Constant texts only, never built from input.
 */

import { createHash } from 'node:crypto'

/**
 * A script in Lua, known by its hash.
 *
 * @example
 * const script: Script = scriptOf('double', 'return 2 * redis.call("GET", KEYS[1])')
 * await link.run(script, ['n'], [])
 */
export interface Script {
  readonly name: string
  readonly text: string
  /** SHA-1 of the text, by which servers know it. */
  readonly digest: string
}

/**
 * A script with its hash, to be run by a link.
 *
 * @example
 * const more = scriptOf('more', "return redis.call('INCRBY', KEYS[1], ARGV[1])")
 */
export function scriptOf(name: string, text: string): Script {
  return { name, text, digest: createHash('sha1').update(text).digest('hex') }
}
