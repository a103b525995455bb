/*
 * A policy of eviction, as the simulator sees it: keys are small whole numbers, a key has one size for the whole trace,
 * and whoever is asked for a key that it does not hold takes it in.
 */

export interface Policy {
  /** Asks for a key; whether it was there. */
  access(key: number): boolean
}

/** What a policy may know: how much it may hold, in the unit of the sizes, and the size of each key. */
export interface Room {
  readonly capacity: number
  readonly sizeOf: (key: number) => number
  /** Otherwise each object counts one. */
  readonly isByBytes: boolean
  /** All accesses in their order: for the optimum, which knows the future. */
  readonly accesses: Uint32Array
}

export interface NamedPolicy {
  readonly name: string
  readonly make: (room: Room) => Policy
}
