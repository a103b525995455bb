/*
 * The public surface of @larder/redis, and nothing else.
 */

export type { Argument, CallOptions, Link, LinkEvent, Reply } from './link/link.ts'
export { openLink } from './link/open.ts'
