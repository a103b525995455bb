/*
 * How a row is lived through: two processes with a cache, a fault, its end, and everything that was seen meanwhile.
 *
 *   before   values are in the store; what is open and owed is counted
 *   during   a cold getOrSet, reads, writes, invalidations, a crowd; and what the row itself wants to see
 *   after    service, deliveries, what the other process reads, what is open and owed
 *   close    both processes end by themselves
 *
 * Nothing is judged here: that is for invariants.ts.
 */

import type { Books, Closing, Opening, Outcome, State } from './agent.ts'
import { type Agent, type End, type Program, startAgent } from './agents.ts'

/** How a read or a write may end. */
export type Read = 'hit' | 'miss' | 'either'
export type Write = 'applied' | 'queued' | 'either'
/** What may be waited for at most: an answer that is there or never comes; or one deadline. */
export type Cost = 'nothing' | 'a deadline'

/** What is to be seen while a fault lasts. */
export interface During {
  /** Of a warm key. */
  readonly get: Read
  readonly set: Write
  readonly delete: Write
  /** Of invalidated tags. Default: as of deletions. */
  readonly tags?: Write
  /** What a cold getOrSet takes beyond its load, at first. */
  readonly cold: Cost
  /** The same when the fault has been noticed. */
  readonly noticed: Cost
}

/** What a row does with its servers; made anew for each life. */
export interface Stage {
  /** What an agent is given; 0 is the first. */
  readonly opening: (agent: number) => Opening
  readonly provoke: (cast: Cast) => Promise<void>
  readonly heal: (cast: Cast) => Promise<void>
  /** More to be seen during the fault. */
  readonly during?: (cast: Cast, diary: Diary) => Promise<void>
  /** More to be seen after it. */
  readonly after?: (cast: Cast, diary: Diary) => Promise<void>
  /** The key to take for this name, where it matters in which node it lies. Default: the name. */
  readonly key?: (name: string) => Promise<string>
  stop(): Promise<void>
}

/** The agents. */
export interface Cast {
  readonly one: Agent
  readonly other: Agent
}

/** How a row is to be lived through. */
export interface Plan {
  readonly during: During
  /** Of the cache and of the link, ms. Default: 100, as theirs. Longer where the server is to serve, on a busy machine too. */
  readonly deadline?: number
  /** ms that a load may wait beyond what `during` says, where what is known of leases may be wrong. Default: 0. */
  readonly leases?: number
  /** ms from the end of the fault to full service. Default: 2000. */
  readonly within?: number
  /** The fault is there before the processes are. */
  readonly fromTheStart?: boolean
  /** One more process closes its cache while the fault lasts. */
  readonly closesDuring?: boolean
  begin(): Promise<Stage>
}

/** What came of a read or a write. */
export const seenIn = ({ far, value }: Outcome): string => far ?? (value === undefined ? 'miss' : 'hit')

/** Something that was asked of an agent. */
export interface Asked {
  readonly what: string
  readonly outcome: Outcome
  /** ms. */
  readonly limit: number
  readonly expected?: Read | Write | undefined
}

export interface Closed {
  readonly what: string
  readonly outcome: Closing
  /** Undefined: it did not end by itself. */
  readonly end: End | undefined
}

/** All that was seen. */
export interface Lived {
  readonly asked: readonly Asked[]
  /** What the row itself has found wrong. */
  readonly remarks: readonly string[]
  /** By agent. */
  readonly before: readonly State[]
  readonly after: readonly State[]
  readonly books: readonly Books[]
  readonly closed: readonly Closed[]
  readonly health: { readonly status: string; readonly problems: readonly string[] } | undefined
  /** What broke the row off. */
  readonly broken: string | undefined
}

/** ms: that of the cache and that of the link. */
const DEADLINE = 100
const RECOVERY = 2_000
const END = 3_000
/** What is owed is tried again every second at least. */
const DELIVERY = 2_000

/** Less than a deadline; or one and less than two. */
const limitOf = (cost: Cost, deadline: number): number => deadline * (cost === 'nothing' ? 0.75 : 1.85)

/** What has not ended by then does not end. */
const HUNG = 12_000

export class Diary {
  readonly asked: Asked[] = []
  readonly remarks: string[] = []
  readonly #deadline: number

  constructor(deadline: number) {
    this.#deadline = deadline
  }

  async ask(
    what: string,
    outcome: Promise<Outcome>,
    { cost = 'a deadline', expected, limit }: { cost?: Cost; expected?: Read | Write; limit?: number } = {},
  ): Promise<Outcome> {
    const [end, stop] = after(HUNG)
    const said = await Promise.race([outcome, end])
    stop()
    const most = limit ?? limitOf(cost, this.#deadline)
    this.asked.push({ what, outcome: said ?? { ms: HUNG, error: 'hangs' }, limit: most, expected })
    if (said === undefined) throw new Error(`${what} hangs`)
    return said
  }

  /** Something that is not as it should be, if it is not. */
  expect(what: string, isSo: boolean): void {
    if (!isSo) this.remarks.push(what)
  }
}

/** The end of a wait, and the way to stop it. */
function after(ms: number): readonly [Promise<undefined>, () => void] {
  let stop = (): void => {}
  const end = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    stop = () => clearTimeout(timer)
  })
  return [end, stop]
}

export async function live(plan: Plan, program: Program): Promise<Lived> {
  const stage = await plan.begin()
  const agents = await Promise.all(
    Array.from({ length: plan.closesDuring === true ? 3 : 2 }, () => startAgent(program)),
  )
  const [one, other, third] = agents
  if (one === undefined || other === undefined) throw new Error('there are two')
  const life = new Life(plan, stage, { one, other }, third)
  try {
    return await life.lived()
  } finally {
    for (const agent of agents) agent.kill()
    await stage.stop()
  }
}

class Life {
  readonly #plan: Plan
  readonly #stage: Stage
  readonly #cast: Cast
  readonly #third: Agent | undefined
  readonly #diary: Diary
  readonly #deadline: number
  readonly #closed: Closed[] = []
  readonly #within: number
  #before: State[] = []
  #after: State[] = []
  #books: Books[] = []
  #health: Lived['health']

  constructor(plan: Plan, stage: Stage, cast: Cast, third: Agent | undefined) {
    this.#plan = plan
    this.#stage = stage
    this.#cast = cast
    this.#third = third
    this.#within = plan.within ?? RECOVERY
    this.#deadline = plan.deadline ?? DEADLINE
    this.#diary = new Diary(this.#deadline)
  }

  async lived(): Promise<Lived> {
    let broken: string | undefined
    try {
      await this.#all()
    } catch (error) {
      broken = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
    const { asked, remarks } = this.#diary
    return {
      asked,
      remarks,
      before: this.#before,
      after: this.#after,
      books: this.#books,
      closed: this.#closed,
      health: this.#health,
      broken,
    }
  }

  get #agents(): readonly Agent[] {
    const { one, other } = this.#cast
    return [one, other]
  }

  #key(name: string): Promise<string> {
    return this.#stage.key?.(name) ?? Promise.resolve(name)
  }

  async #all(): Promise<void> {
    const { fromTheStart = false } = this.#plan
    if (fromTheStart) await this.#stage.provoke(this.#cast)
    await Promise.all(
      [...this.#agents, this.#third].map((agent, i) =>
        agent?.open({ ...this.#stage.opening(i), deadline: this.#deadline }),
      ),
    )
    if (!fromTheStart) {
      await this.#warm()
      await this.#stage.provoke(this.#cast)
    }
    await this.#during()
    await this.#stage.during?.(this.#cast, this.#diary)
    if (this.#third !== undefined) await this.#close('a third process, during the fault', this.#third)
    await this.#stage.heal(this.#cast)
    await this.#afterwards()
    await this.#stage.after?.(this.#cast, this.#diary)
    this.#books = await Promise.all(this.#agents.map((agent) => agent.books()))
    const { one, other } = this.#cast
    await Promise.all([this.#close('the first process', one), this.#close('the other process', other)])
  }

  async #warm(): Promise<void> {
    const { one, other } = this.#cast
    const put = async (agent: Agent | undefined, name: string, tag?: string): Promise<void> => {
      const served = await agent?.serve(await this.#key(name), 5_000, ...(tag === undefined ? [] : [tag]))
      if (served?.error !== undefined) throw new Error(`before the fault: ${served.error}`)
    }
    await put(one, 'read')
    await Promise.all([put(other, 'others'), put(this.#third, 'third'), put(one, 'set'), put(one, 'delete')])
    await put(one, 'tagged', 'tag')
    // The other process is warm as well.
    for (const name of ['read', 'set', 'delete', 'tagged']) await other.load(await this.#key(name))
    await Promise.all(this.#agents.map((agent) => agent.settle(2_000)))
    this.#before = await Promise.all(this.#agents.map((agent) => agent.state()))
  }

  async #during(): Promise<void> {
    const { one, other } = this.#cast
    const { during, leases = 0 } = this.#plan
    const diary = this.#diary
    const [read, set, del, tagged] = await Promise.all(
      ['read', 'set', 'delete', 'tagged'].map((name) => this.#key(name)),
    )
    await diary.ask('a cold getOrSet', one.load(await this.#key('cold')), {
      limit: limitOf(during.cold, this.#deadline) + leases,
    })
    await diary.ask('get', one.get(read ?? ''), { expected: during.get })
    await diary.ask('set', one.set(set ?? '', 1), { expected: during.set })
    await diary.ask('get after a set', one.get(set ?? ''))
    await diary.ask('delete', one.change(del ?? '', 1), { expected: during.delete })
    await diary.ask('get after a delete', one.get(del ?? ''))
    const again = await diary.ask('getOrSet after a delete', one.load(del ?? ''), {
      limit: limitOf('a deadline', this.#deadline) + leases,
    })
    diary.expect(`getOrSet after a delete gave ${again.value}`, again.value?.endsWith('#1') === true)
    await diary.ask('invalidateTags', one.changeTagged([tagged ?? ''], 1, 'tag'), {
      expected: during.tags ?? during.delete,
    })
    await diary.ask('get after invalidateTags', one.get(tagged ?? ''))
    await one.load(await this.#key('cold 1'))
    // The fastest of some: whoever tries whether the server is back waits for it.
    let fastest = await one.load(await this.#key('cold 2'))
    for (const name of ['cold 3', 'cold 4']) {
      const next = await one.load(await this.#key(name))
      if (next.ms < fastest.ms) fastest = next
    }
    await diary.ask('a cold getOrSet, later', Promise.resolve(fastest), {
      limit: limitOf(during.noticed, this.#deadline) - this.#deadline / 4 + leases,
    })
    const crowd = await this.#key('crowd')
    await Promise.all([
      diary.ask('a crowd', one.crowd(crowd, 20), {
        limit: LOADS + limitOf('a deadline', this.#deadline) + leases,
      }),
      diary.ask('a crowd of the other process', other.crowd(crowd, 20), {
        limit: LOADS + limitOf('a deadline', this.#deadline) + leases,
      }),
    ])
  }

  async #afterwards(): Promise<void> {
    const { one, other } = this.#cast
    const diary = this.#diary
    const limit = this.#within + 100
    const [set, del, tagged, back, others] = await Promise.all(
      ['set', 'delete', 'tagged', 'back', 'others'].map((name) => this.#key(name)),
    )
    await Promise.all([
      diary.ask('full service', one.serve(back ?? '', this.#within), { limit }),
      diary.ask('full service for the other process', other.serve(others ?? '', this.#within), { limit }),
    ])
    await diary.ask('what was queued is delivered', one.settle(DELIVERY), { limit: DELIVERY })
    // Of what was memoised, the other process may believe for a moment what was true.
    if (this.#plan.fromTheStart !== true) {
      for (const key of [set, del, tagged]) {
        await diary.ask(
          `the other process no longer sees the old ${key}`,
          other.agree(key ?? '', 1, STALENESS),
          {
            limit: STALENESS + 100,
          },
        )
      }
    }
    const again = await diary.ask('getOrSet of what was deleted', other.load(del ?? ''), {
      limit: limitOf('a deadline', this.#deadline) + (this.#plan.leases ?? 0),
    })
    diary.expect(
      `the other process has loaded ${again.value}`,
      this.#plan.fromTheStart === true || again.value?.endsWith('#1') === true,
    )
    this.#health = await one.healthy(this.#within)
    const before = this.#before
    this.#after = await Promise.all(
      this.#agents.map((agent, i) => agent.calm(before[i] ?? FRESH, this.#within)),
    )
  }

  async #close(what: string, agent: Agent): Promise<void> {
    const outcome = await agent.close()
    const [late, stop] = after(END)
    const end = await Promise.race([agent.ended, late])
    stop()
    this.#closed.push({ what, outcome, end })
  }
}

/** ms of a load, and of that of another process, for which may be waited. */
const LOADS = 60
/** How long what is memoised of a store may be believed: the default of `maxStaleness`, and a message. */
const STALENESS = 1_200
/** Of a process that began during the fault: two connections. */
const FRESH: State = { sockets: 2, timers: 12, queued: 0, loading: 0 }
