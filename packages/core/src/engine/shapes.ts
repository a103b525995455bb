/*
 * Shapes: what V8 would forget.
 *
 * At a full collection it forgets every shape of which no object is alive, and throws away all code that was made for it,
 * which then runs slowly until it is made anew. Objects that live for one call are seldom alive then, so
 * one of each kind is kept.
 */

const kept: object[] = []

export function keepShape(specimen: object): void {
  kept.push(specimen)
}
