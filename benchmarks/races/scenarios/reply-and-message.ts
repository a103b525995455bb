/*
 * A message overtakes a reply: they come over two connections.
 */
import { type Arena, passed } from '../arena.ts'
import { type Observed, type Scenario, seen, Void } from '../scenario.ts'

/** ms that replies to B are late. */
const LATE = 60
/** ms after the request has left in which Redis has answered it. */
const ANSWERED = 5
const WATCHED = 2_000

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)

async function play(arena: Arena): Promise<Observed> {
  const { a, b, source } = arena
  const key = arena.newSeed()
  const old = source.valueOf(key)
  const { asking } = await b.connections()
  const sent = (): number => sum(asking.map(({ up }) => up.bytes))
  for (const { down } of asking) down.delay(LATE)
  try {
    const before = sent()
    const reading = b.read(key)
    for (let n = 0; sent() === before && n < LATE; n++) await passed(1)
    if (sent() === before) throw new Void('B did not ask Redis')
    await passed(ANSWERED)
    const wanted = source.change(key)
    const invalidated = await a.invalidate(key)
    const read = await reading
    if (read.value !== old) throw new Void(`B read ${read.value}`)
    if (invalidated.ended + ANSWERED > read.ended) throw new Void('the reply was faster than the message')
    for (const { down } of asking) down.heal()
    return seen(await b.watch(key, wanted, WATCHED), wanted, read.ended, WATCHED)
  } finally {
    for (const { down } of asking) down.heal()
  }
}

export const replyAndMessage: Scenario = {
  name: 'message before reply',
  title: 'the message of an invalidation is faster than the reply it concerns',
  story: `B has no copy and asks Redis, which answers with the old value; that answer is ${LATE} ms late. Meanwhile A deletes the key, and the message reaches B over its other connection: there is nothing to drop yet. Then the old answer arrives. B is read for ${WATCHED / 1_000} s. Whoever keeps what an answer brings, without asking what it has heard since it asked, keeps the old value.`,
  trials: 20,
  isFresh: false,
  hasSeeds: true,
  parts: [{ name: '', play }],
}
