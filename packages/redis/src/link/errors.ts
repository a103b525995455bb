/*
 * What can go wrong on a link, and what it means for whoever called.
 *
 *   LINK_DOWN      nothing was done: no connection, or a server that serves nobody now. Try later.
 *   LINK_REFUSED   nothing was done: the server is there and refuses this command for now. Try later.
 *   LINK_DENIED    nothing was done: password, permission or certificate. Trying again does not help.
 *   LINK_BUG       nothing was done: the command is wrong. Trying again does not help.
 *   LINK_UNKNOWN   it may have been done: the answer did not come.
 *
 * Errors of clients carry the arguments of the command, passwords and values among them. So none of them is handed on:
 * what is kept is their text, without what servers quote, and their code.
 */

import { CacheError, type ErrorCode, isCacheError } from '@larder/core'

type LinkCode = Extract<ErrorCode, `LINK_${string}`>

interface Meaning {
  readonly code: LinkCode
  /** What to do. */
  readonly advice: string
  /** Whether the node serves nobody while it says so: that opens its breaker. */
  readonly isDeaf?: boolean
}

/** By the first word of what the server says. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  LOADING: { code: 'LINK_DOWN', advice: 'it is reading its data after a start; wait', isDeaf: true },
  MASTERDOWN: {
    code: 'LINK_DOWN',
    advice: 'this replica has lost its primary; look at the replication',
    isDeaf: true,
  },
  CLUSTERDOWN: { code: 'LINK_DOWN', advice: 'part of the cluster is not served; look at CLUSTER INFO' },
  TRYAGAIN: { code: 'LINK_DOWN', advice: 'its slot is being moved; try later' },
  MOVED: { code: 'LINK_DOWN', advice: 'the cluster keeps moving this slot; look at CLUSTER NODES' },
  ASK: { code: 'LINK_DOWN', advice: 'the cluster keeps moving this slot; look at CLUSTER NODES' },
  OOM: {
    code: 'LINK_REFUSED',
    advice: 'raise maxmemory, or set maxmemory-policy to allkeys-lru for a cache',
  },
  MISCONF: { code: 'LINK_REFUSED', advice: 'its snapshots fail; look at its disk and its log' },
  NOREPLICAS: { code: 'LINK_REFUSED', advice: 'it has too few replicas; look at min-replicas-to-write' },
  READONLY: {
    code: 'LINK_REFUSED',
    advice: 'it is a replica; point the link at the primary, or use Sentinel',
  },
  BUSY: {
    code: 'LINK_REFUSED',
    advice: 'a script of somebody occupies it; look at SCRIPT KILL',
    isDeaf: true,
  },
  NOAUTH: { code: 'LINK_DENIED', advice: 'give a password, as in redis://:password@host' },
  WRONGPASS: { code: 'LINK_DENIED', advice: 'look at user name and password' },
  NOPERM: {
    code: 'LINK_DENIED',
    advice: 'the user lacks a permission; docs/links.md lists what is needed',
  },
  DENIED: { code: 'LINK_DENIED', advice: 'it is in protected mode; set a password or bind it' },
  WRONGTYPE: {
    code: 'LINK_BUG',
    advice: 'somebody else keeps something else under this key; use a prefix of your own',
  },
  CROSSSLOT: { code: 'LINK_BUG', advice: 'keys of one command need the same {hash tag}' },
  NOSCRIPT: { code: 'LINK_BUG', advice: 'the script was flushed while it was being sent' },
}

const MAX_CLIENTS: Meaning = {
  code: 'LINK_DOWN',
  advice: 'raise maxclients, or open fewer connections',
  isDeaf: true,
}
const NO_SUCH_DB: Meaning = { code: 'LINK_BUG', advice: 'look at db: it has fewer databases than that' }
const BAD_PASSWORD: Meaning = { code: 'LINK_DENIED', advice: 'look at user name and password' }
const MISTAKE: Meaning = { code: 'LINK_BUG', advice: 'the command is not one that this server can carry out' }

const REPLY = /^[A-Z][A-Z0-9_]{1,}(?= |$)/
const INSIDE_SCRIPT = /^ERR Error running script .*?: -?([A-Z]{2,}) /
const QUOTED = /,? with args beginning with:.*$/s

/** Whether a server said this, not a client or the network. */
export function isReply(error: Error): boolean {
  return !('syscall' in error) && REPLY.test(error.message)
}

/** The first word: 'MOVED', 'OOM', 'ERR' … also from inside a script, as old servers wrap it. */
export function wordOf(text: string): string {
  return INSIDE_SCRIPT.exec(text)?.[1] ?? REPLY.exec(text)?.[0] ?? ''
}

/** What the answer of a server means. */
export function meaningOf(text: string): Meaning {
  const known = MEANINGS[wordOf(text)]
  if (known !== undefined) return known
  if (/max number of clients/i.test(text)) return MAX_CLIENTS
  if (/^ERR (invalid password|AUTH )/i.test(text)) return BAD_PASSWORD
  if (/DB index/i.test(text)) return NO_SUCH_DB
  return MISTAKE
}

/** The error for the answer of a server to `command`. */
export function refused(link: string, command: string, text: string): CacheError {
  const { code, advice } = meaningOf(text)
  const said = plain(text)
  return new CacheError(code, `${link} answered ${command} with '${said}': ${advice}`, {
    cause: new Error(said),
  })
}

/** Not sent. */
export const down = (link: string, why: string, cause?: Error): CacheError =>
  new CacheError('LINK_DOWN', `${link} is down (${withoutName(why, link)}): nothing was sent; try later`, {
    cause: clean(cause),
  })

/** A program that requires its server has waited long enough for it. */
export function neverConnected(link: string, ms: number, cause: Error | undefined): CacheError {
  const why = cause === undefined ? 'has not answered' : withoutName(cause.message, link)
  // Denied, or asked for what there is not: the server is there, and says so.
  const said = isCacheError(cause) && cause.code !== 'LINK_DOWN' ? cause.code : undefined
  const cure = said === undefined ? '; start the server or correct its address' : ''
  return new CacheError(
    said ?? 'LINK_DOWN',
    `${link} could not be used within ${ms} ms: it ${why}${cure}, or let the program start without it: startup: 'degrade'`,
    { cause: clean(cause) },
  )
}

/** What is said of a link inside what is said of it. */
function withoutName(why: string, link: string): string {
  return why.startsWith(`${link} `) ? why.slice(link.length + 1) : why
}

/** Sent, and not heard of again. */
export const late = (link: string, command: string, ms: number): CacheError =>
  new CacheError(
    'LINK_UNKNOWN',
    `${link} did not answer ${command} within ${ms} ms: it may still be carried out, or may have been`,
  )

export const lost = (link: string, command: string, cause: Error): CacheError =>
  new CacheError(
    'LINK_UNKNOWN',
    `the connection to ${link} was lost while ${command} was under way: it may have been carried out, or not`,
    { cause: clean(cause) },
  )

const TLS = /^(CERT_|ERR_TLS|ERR_SSL|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/

/** Why a connection could not be made or was lost. Those denied are not worth trying again soon. */
export function connectionError(link: string, cause: Error, hint: string = ''): CacheError {
  if (cause instanceof CacheError) return cause
  if (isReply(cause)) return refused(link, 'the greeting', cause.message)
  const code = codeOf(cause)
  if (code !== undefined && TLS.test(code)) {
    return new CacheError(
      'LINK_DENIED',
      `${link} cannot be trusted (${code}: ${plain(cause.message)}): look at its certificate, tls.ca and tls.servername${hint}`,
      { cause: clean(cause) },
    )
  }
  return new CacheError('LINK_DOWN', `${link} cannot be reached (${plain(cause.message)})${hint}`, {
    cause: clean(cause),
  })
}

/** What else may be the reason that a connection was never good for anything: TLS on one side only looks like silence, or like a line gone dead. */
export function tlsHint(cause: Error, isSecure: boolean | undefined): string {
  const code = codeOf(cause)
  if (isReply(cause) || isSecure === undefined) return ''
  if (!isSecure) return code === 'ECONNRESET' ? '; if it wants TLS: rediss://, or tls: true' : ''
  return code === undefined || code === 'ECONNRESET' || code === 'EPROTO'
    ? '; if it does not speak TLS there: redis://, and no tls'
    : ''
}

/** The same error without what may be secret. */
function clean(error: Error | undefined): Error | undefined {
  if (error === undefined || error instanceof CacheError) return error
  const copy: Error & { code?: string } = new Error(plain(error.message))
  const code = codeOf(error)
  if (code !== undefined) copy.code = code
  return copy
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Servers quote the arguments of commands that they do not know. */
function plain(text: string): string {
  return text.replace(QUOTED, '').slice(0, 300)
}
