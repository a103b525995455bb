/*
 * Recursion: a loader that asks for its own key would wait for itself for ever.
 *
 * Each load runs in an asynchronous context that knows the load and those around it, so that a join of one's own
 * flight is recognised however deep it is. Such contexts come from the runtime (Node, Bun, Deno); where there are
 * none, the hard timeout of the load ends the wait. Before Node 24 an active context makes every promise of the
 * process dearer, so it is let go of as soon as no load is under way.
 */

/** A load, and the load inside which it was asked for. */
interface Link {
  readonly flight: object
  readonly around: Link | undefined
}

interface Contexts {
  run<T>(link: Link, then: () => T): T
  getStore(): Link | undefined
  disable(): void
}

let contexts: Contexts | undefined | 'unknown' = 'unknown'
let running = 0

function available(): Contexts | undefined {
  if (contexts === 'unknown') {
    const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
    const hooks = process?.getBuiltinModule?.('node:async_hooks') as
      | { AsyncLocalStorage: new () => Contexts }
      | undefined
    contexts = hooks === undefined ? undefined : new hooks.AsyncLocalStorage()
  }
  return contexts
}

/** Runs `load` as the load of `flight`. `left` must be called once when it has settled. */
export function runAs<T>(flight: object, load: () => T): T {
  const storage = available()
  if (storage === undefined) return load()
  const around = running > 0 ? storage.getStore() : undefined
  running++
  return storage.run({ flight, around }, load)
}

export function left(): void {
  if (contexts === undefined || contexts === 'unknown') return
  running--
  if (running === 0) contexts.disable()
}

/** Whether the caller runs inside the load of `flight`. */
export function isInside(flight: object): boolean {
  if (running === 0) return false
  for (let link = available()?.getStore(); link !== undefined; link = link.around) {
    if (link.flight === flight) return true
  }
  return false
}
