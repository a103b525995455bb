/*
 * The greeting: what a fresh connection says first, and what it learns of the server.
 *
 * Password and database, if the connection is the link's own. Then whether the server serves at all, which one it is, and what time
 * it has. A user of the server who may not ask INFO learns nothing of its identity: then every connection counts as
 * another server, which costs misses and is never wrong.
 */

import { type Clock, isCacheError } from '@larder/core'
import type { Server } from './client.ts'
import { isReply, meaningOf } from './errors.ts'
import type { Ask } from './kept.ts'
import type { Reply } from './link.ts'
import { type Sample, sampleOf } from './server-time.ts'

export interface Greeting {
  readonly id: string
  /** Of this server with these data. Undefined: it may not be asked. */
  readonly identity: string | undefined
  readonly role: string | undefined
  readonly version: string | undefined
  readonly time: Sample | undefined
}

/** How long to wait before a server that is loading is asked again. */
const LOADING_PAUSE = 100

/** `waiting` is asked when the server has answered that it does not serve yet: whether to go on waiting for it. */
export async function greet(
  ask: Ask,
  server: Server,
  clock: Clock,
  waiting: () => boolean,
): Promise<Greeting> {
  await greetedBy(ask, server)
  await served(ask, clock, waiting)
  return meet(ask, server.id, clock)
}

/** Says who we are. */
export async function greetedBy(ask: Ask, server: Server): Promise<void> {
  if (server.credentials === undefined) return
  const { username, password, db } = await server.credentials()
  const steps: Promise<Reply>[] = []
  if (password !== undefined) {
    const login = ask(username === undefined ? ['auth', password] : ['auth', username, password])
    steps.push(login.catch(passwordUnneeded))
  }
  if (db !== 0) steps.push(ask(['select', db]))
  await Promise.all(steps)
}

/** A server without a password refuses to be told one; it is not less open to us for that. */
function passwordUnneeded(error: unknown): null {
  if (error instanceof Error && /no password is set|without any password/.test(error.message)) return null
  throw error
}

/** Until a PING is answered, or may not be asked. */
async function served(ask: Ask, clock: Clock, waiting: () => boolean): Promise<void> {
  for (;;) {
    const refusal = await ask(['ping']).then(nothing, replyOf)
    if (refusal === undefined || refusal.startsWith('NOPERM')) return
    const { code } = meaningOf(refusal)
    if (code !== 'LINK_DOWN' && code !== 'LINK_REFUSED') throw new Error(refusal)
    if (!waiting()) throw new Error('nobody waits for it any more')
    await new Promise<void>((resolve) => {
      clock.after(LOADING_PAUSE, resolve)
    })
  }
}

/** Which server this is and what time it has. */
export async function meet(ask: Ask, id: string, clock: Clock): Promise<Greeting> {
  const sent = clock.exact()
  const [server, replication, time] = await Promise.all([
    section(ask, 'server'),
    section(ask, 'replication'),
    ask(['time']).then((reply) => sampleOf(reply, sent, clock.exact()), undefinedIfRefused),
  ])
  const runId = fieldOf(server, 'run_id')
  return {
    id,
    identity: runId === undefined ? undefined : `${runId}:${fieldOf(replication, 'master_replid') ?? ''}`,
    role: fieldOf(replication, 'role'),
    version: fieldOf(server, 'valkey_version') ?? fieldOf(server, 'redis_version'),
    time,
  }
}

/** Fields of a section of INFO; undefined if the user may not ask. */
export async function info(ask: Ask, ...names: [string?]): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await section(ask, ...names)
  return text === undefined ? undefined : fieldsOf(text)
}

async function section(ask: Ask, ...names: [string?]): Promise<string | undefined> {
  const reply = await ask(['info', ...names.map(String)] as [string, ...string[]]).catch(undefinedIfRefused)
  return reply === undefined ? undefined : textOf(reply)
}

/** One of them: an idle process asks for few, and often. Each stands behind the end of a line. */
function fieldOf(text: string | undefined, name: string): string | undefined {
  const at = text?.indexOf(`\n${name}:`) ?? -1
  if (text === undefined || at === -1) return undefined
  const end = text.indexOf('\r', at)
  return text.slice(at + name.length + 2, end === -1 ? undefined : end)
}

export function textOf(reply: Reply | undefined): string {
  if (reply instanceof Uint8Array)
    return Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength).toString()
  return typeof reply === 'string' || typeof reply === 'number' ? String(reply) : ''
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return fields
}

const nothing = (): undefined => undefined

function replyOf(error: unknown): string {
  if (error instanceof Error && isReply(error)) return error.message
  throw error
}

/** That a command is forbidden or unknown is an answer too. */
function undefinedIfRefused(error: unknown): undefined {
  if (isCacheError(error, 'LINK_DENIED') || isCacheError(error, 'LINK_BUG')) return
  replyOf(error)
}
