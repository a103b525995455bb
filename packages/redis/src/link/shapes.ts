/*
 * Shapes: what V8 would forget.
 *
 * At a full collection it forgets every shape of which no object is alive, and throws away all code that was made for it.
 * Calls and writes live for one round trip, so one of each kind is kept.
 */

const kept: object[] = []

export function keepShape(specimen: object): void {
  kept.push(specimen)
}
