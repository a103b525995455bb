/*
 * Health: what is to be known of the servers, and what is wrong, in words.
 *
 * Looked at when asked, with the commands that serve: a server may answer PING and refuse every script. What a user of
 * the server may not ask is unknown, and said to be.
 */

import type { Clock } from '@larder/core'
import type { BreakerState } from './breaker.ts'
import { info } from './greeting.ts'
import type { Ask } from './kept.ts'
import type { ScriptCheck } from './options.ts'
import type { Peer } from './peer.ts'
import { vulnerability } from './versions.ts'

/**
 * Of one node, or of the only one.
 *
 * @example
 * const nodes: readonly NodeHealth[] = (await link.health()).nodes
 * for (const { node, role, latency, evictionPolicy } of nodes) console.log(node, role, latency, evictionPolicy)
 */
export interface NodeHealth {
  readonly node: string
  readonly status: 'ok' | 'degraded' | 'failed'
  readonly role: string | undefined
  readonly version: string | undefined
  readonly runId: string | undefined
  /** Of a PING, ms. */
  readonly latency: number | undefined
  readonly usedMemory: number | undefined
  readonly maxMemory: number | undefined
  readonly evictionPolicy: string | undefined
  readonly breaker: BreakerState
  /** What is wrong, and what to do; empty if nothing is. */
  readonly problems: readonly string[]
  /** What is unwise, and breaks nothing now. */
  readonly advice: readonly string[]
}

/**
 * How a link is.
 *
 * @example
 * const { status, problems, advice }: LinkHealth = await link.health()
 * if (status !== 'ok') console.warn(problems, advice)
 */
export interface LinkHealth {
  readonly status: 'ok' | 'degraded' | 'failed'
  readonly nodes: readonly NodeHealth[]
  /** What is wrong; empty if the status is 'ok'. */
  readonly problems: readonly string[]
  /** What is unwise, and breaks nothing now: it does not change the status. */
  readonly advice: readonly string[]
}

/** Runs a script by its digest and, where the server does not know it, by its text. */
export type RunCheck = (peer: Peer, check: ScriptCheck) => Promise<unknown>

interface Found {
  /** Advice is worth knowing, and breaks nothing. */
  readonly level: 'advice' | 'degraded' | 'failed'
  readonly problem: string
}

/** A longer look than a call of a cache: health is asked by people. */
const PATIENCE = 2_000
const FULL = 0.8

/** Of all nodes. `problems` and `advice`: those that are known before anybody is asked. */
export async function healthOf(
  peers: readonly Peer[],
  { problems, advice }: Pick<LinkHealth, 'problems' | 'advice'>,
  check: (peer: Peer) => Promise<NodeHealth>,
): Promise<LinkHealth> {
  const nodes = await Promise.all(peers.map(check))
  const said = (what: 'problems' | 'advice'): readonly string[] =>
    nodes.flatMap((node) => node[what].map((each) => `${node.node}: ${each}`))
  return {
    status: worst(
      nodes.map((node) => node.status),
      problems,
    ),
    nodes,
    problems: [...problems, ...said('problems')],
    advice: [...advice, ...said('advice')],
  }
}

export async function nodeHealth(
  peer: Peer,
  clock: Clock,
  checks: readonly ScriptCheck[],
  run: RunCheck,
): Promise<NodeHealth> {
  const breaker = peer.breaker.state
  const unknown = {
    node: peer.id,
    role: undefined,
    version: undefined,
    runId: undefined,
    latency: undefined,
    usedMemory: undefined,
    maxMemory: undefined,
    evictionPolicy: undefined,
    breaker,
  }
  if (!peer.isUp) {
    const problem = peer.lastError?.message ?? 'it is not connected yet'
    return { ...unknown, status: 'failed', problems: [problem], advice: [] }
  }
  const found: Found[] = []
  const latency = await latencyOf(peer.ask, clock, found)
  const sections = await fieldsOf(peer.ask, found)
  await tryScripts(peer, checks, run, found)
  judge(sections, peer, found)
  return {
    node: peer.id,
    status: statusOf(found),
    role: sections.get('role'),
    version: sections.get('valkey_version') ?? sections.get('redis_version'),
    runId: sections.get('run_id'),
    latency,
    usedMemory: numberOf(sections.get('used_memory')),
    maxMemory: numberOf(sections.get('maxmemory')),
    evictionPolicy: sections.get('maxmemory_policy'),
    breaker: peer.breaker.state,
    problems: found.filter(({ level }) => level !== 'advice').map(({ problem }) => problem),
    advice: found.filter(({ level }) => level === 'advice').map(({ problem }) => problem),
  }
}

function statusOf(found: readonly Found[]): NodeHealth['status'] {
  if (found.some(({ level }) => level === 'failed')) return 'failed'
  return found.some(({ level }) => level === 'degraded') ? 'degraded' : 'ok'
}

async function latencyOf(ask: Ask, clock: Clock, found: Found[]): Promise<number | undefined> {
  const sent = clock.exact()
  try {
    await ask(['ping'], PATIENCE)
    return clock.exact() - sent
  } catch (error) {
    found.push({ level: 'failed', problem: (error as Error).message })
    return undefined
  }
}

async function fieldsOf(ask: Ask, found: Found[]): Promise<ReadonlyMap<string, string>> {
  const patient: Ask = (command) => ask(command, PATIENCE)
  try {
    const sections = ['server', 'memory', 'replication', 'persistence']
    const fields = await Promise.all(sections.map((section) => info(patient, section)))
    if (fields.includes(undefined)) {
      found.push({
        level: 'degraded',
        problem:
          'INFO is not allowed, so a restart is noticed only by the lost connection, and every new connection counts as another server: allow +info',
      })
    }
    return new Map(fields.flatMap((section) => [...(section ?? [])]))
  } catch (error) {
    found.push({ level: 'failed', problem: (error as Error).message })
    return new Map()
  }
}

async function tryScripts(
  peer: Peer,
  checks: readonly ScriptCheck[],
  run: RunCheck,
  found: Found[],
): Promise<void> {
  const outcomes = await Promise.allSettled(checks.map((check) => run(peer, check)))
  outcomes.forEach((outcome, i) => {
    if (outcome.status === 'fulfilled') return
    const { message } = outcome.reason as Error
    found.push({
      level: 'failed',
      problem: `the script '${checks[i]?.script.name ?? ''}' does not run: ${message}`,
    })
  })
}

function judge(fields: ReadonlyMap<string, string>, peer: Peer, found: Found[]): void {
  const is = (level: Found['level'], problem: string): number => found.push({ level, problem })
  const used = numberOf(fields.get('used_memory'))
  const limit = numberOf(fields.get('maxmemory'))
  if (fields.get('loading') === '1') is('failed', 'it is loading its data after a start: wait')
  if (fields.get('role') === 'slave') {
    is('degraded', 'it is a replica and refuses to write: point the link at the primary, or use Sentinel')
  }
  if (limit !== undefined && limit > 0 && fields.get('maxmemory_policy') === 'noeviction') {
    is(
      'advice',
      'it refuses to write when its memory is full: set maxmemory-policy to allkeys-lru, as is right for a cache',
    )
  }
  if (
    used !== undefined &&
    limit !== undefined &&
    limit > 0 &&
    used > limit * FULL &&
    fields.get('maxmemory_policy') === 'noeviction'
  ) {
    is('degraded', `its memory is ${Math.round((used / limit) * 100)} % full: raise maxmemory`)
  }
  if (peer.refusal !== undefined) is('degraded', `it has refused to write for now: ${peer.refusal}`)
  if (peer.breaker.state !== 'closed') is('failed', 'it fails repeatedly and is left alone for moments')
  const known = vulnerability(fields)
  if (known !== undefined) is('advice', known)
}

function numberOf(text: string | undefined): number | undefined {
  const number = Number(text)
  return text === undefined || Number.isNaN(number) ? undefined : number
}

/** One of several nodes that fails leaves the others; the only one leaves nothing. */
function worst(nodes: readonly NodeHealth['status'][], problems: readonly string[]): LinkHealth['status'] {
  if (nodes.every((status) => status === 'failed')) return 'failed'
  return nodes.every((status) => status === 'ok') && problems.length === 0 ? 'ok' : 'degraded'
}
