/*
 * The open loop: asks when it is time to ask, whether or not the answers before have come.
 *
 * A loop that waits for its answers before it asks again (a closed one) asks little while the system stands still, and so hardly
 * sees it: whoever would have come meanwhile is left out (coordinated omission). Here everybody comes when he was to come, and his
 * latency runs from that moment: also where the process was too busy to let him in.
 *
 * Waiting is coarse in Node: a timer may be a millisecond late. So what is due soon is waited for by turning the event loop, which
 * lets sockets and timers run in between; where nothing is due for longer, a timer lets the processor go.
 */
import type { Schedule } from './schedule.ts'

export interface Stage {
  /** ms of a clock that never goes back. */
  readonly now: () => number
  /** Waits for about so many ms; for 0 as short as may be. */
  readonly pause: (ms: number) => Promise<void>
  /** Lets answers in. */
  readonly turn: () => Promise<void>
}

/** Below this many ms a timer is too coarse. */
const SOON = 2

/** Latencies in ms, each in the place of its arrival. `ask` must not reject. */
export async function openLoop(
  { due }: Pick<Schedule, 'due'>,
  ask: (arrival: number) => Promise<void>,
  { now, pause, turn }: Stage,
): Promise<Float64Array> {
  const latencies = new Float64Array(due.length)
  const underWay: Promise<void>[] = []
  const began = now()
  const arrive = async (arrival: number): Promise<void> => {
    await ask(arrival)
    latencies[arrival] = now() - began - (due[arrival] ?? 0)
  }
  for (let next = 0; next < due.length;) {
    const left = (due[next] ?? 0) - (now() - began)
    if (left <= 0) underWay.push(arrive(next++))
    if (left > 0) await pause(left < SOON ? 0 : left - 1)
    else if (next % AT_ONCE === 0) await turn()
  }
  await Promise.all(underWay)
  return latencies
}

/** So many that are late come in one turn of the event loop; then answers are read. */
const AT_ONCE = 64
