/*
 * Recent: what this process has said and the store has acknowledged, of the last minute.
 *
 * A server that takes the place of another may lack the last things that the other had acknowledged. So they are said again:
 * deleting once more what was deleted costs a miss at the most.
 */

import type { Clock } from './clock.ts'
import { isMark, namespaceMark } from './marks.ts'

/** Three spans are remembered, the present one among them. */
const SPAN = 30_000
const SPANS = 3
/** In one span; where it is more, whole namespaces are remembered instead. */
const LIMIT = 10_000

export class Recent {
  readonly #clock: Clock
  /** The latest first. */
  #spans: readonly Set<string>[] = [new Set()]
  #began: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#began = clock.now()
  }

  /** A record, or a mark, was deleted or replaced. */
  said(key: string): void {
    this.#turn()
    const [present] = this.#spans
    present?.add(present.size < LIMIT ? key : namespaceMark(pathOf(key)))
  }

  /** What has to be said again. */
  keys(): ReadonlySet<string> {
    this.#turn()
    return new Set(this.#spans.flatMap((span) => [...span]))
  }

  #turn(): void {
    const spans = Math.floor((this.#clock.now() - this.#began) / SPAN)
    if (spans <= 0) return
    this.#began += spans * SPAN
    const fresh = Array.from({ length: Math.min(spans, SPANS) }, () => new Set<string>())
    this.#spans = [...fresh, ...this.#spans].slice(0, SPANS)
  }
}

/** The namespace of a record or a mark. */
export function pathOf(key: string): string {
  return key.slice(0, key.indexOf(isMark(key) ? '#' : ':'))
}
