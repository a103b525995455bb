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

/** What was said in one span: names by what stands before them, so that no longer text is made for each. */
class Span {
  readonly #names = new Map<string, Set<string>>()
  size: number = 0

  add(before: string, name: string): void {
    let names = this.#names.get(before)
    if (names === undefined) this.#names.set(before, (names = new Set()))
    const { size } = names
    names.add(name)
    this.size += names.size - size
  }

  *keys(): Iterable<string> {
    for (const [before, names] of this.#names) for (const name of names) yield before + name
  }
}

export class Recent {
  readonly #clock: Clock
  /** The latest first. */
  #spans: readonly Span[]
  #present: Span = new Span()
  #turns: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#spans = [this.#present]
    this.#turns = clock.now() + SPAN
  }

  /** A record, or a mark, was deleted or replaced; its key is `before` and `name`. */
  said(before: string, name: string): void {
    if (this.#clock.now() >= this.#turns) this.#turn()
    if (this.#present.size < LIMIT) this.#present.add(before, name)
    else this.#present.add('', namespaceMark(pathOf(before + name)))
  }

  /** What has to be said again. */
  keys(): ReadonlySet<string> {
    if (this.#clock.now() >= this.#turns) this.#turn()
    return new Set(this.#spans.flatMap((span) => [...span.keys()]))
  }

  #turn(): void {
    const spans = Math.floor((this.#clock.now() - this.#turns) / SPAN) + 1
    this.#turns += spans * SPAN
    const fresh = Array.from({ length: Math.min(spans, SPANS) }, () => new Span())
    this.#spans = [...fresh, ...this.#spans].slice(0, SPANS)
    this.#present = this.#spans[0] ?? this.#present
  }
}

/** The namespace of a record or a mark. */
export function pathOf(key: string): string {
  return key.slice(0, key.indexOf(isMark(key) ? '#' : ':'))
}
