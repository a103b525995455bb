/* Fields: names for the bytes of a state, so that a model reads like one and is still a row of bytes. */

/** A group of fields with one byte each. */
export interface Group<N extends string> {
  readonly size: number
  /** The fields as they lie in `bytes` from `offset` on. */
  in(bytes: Uint8Array, offset: number): Record<N, number>
}

export function groupOf<N extends string>(names: readonly N[]): Group<N> {
  class Fields {
    readonly bytes: Uint8Array
    readonly offset: number

    constructor(bytes: Uint8Array, offset: number) {
      this.bytes = bytes
      this.offset = offset
    }
  }
  names.forEach((name, i) => {
    Object.defineProperty(Fields.prototype, name, {
      get(this: Fields) {
        return this.bytes[this.offset + i]
      },
      set(this: Fields, value: number) {
        this.bytes[this.offset + i] = value
      },
    })
  })
  return {
    size: names.length,
    in: (bytes, offset) => withNames<N>(new Fields(bytes, offset)),
  }
}

/** What was defined by name above. */
function withNames<N extends string>(fields: object): Record<N, number> {
  return fields as Record<N, number>
}
