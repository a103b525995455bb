/*
 * Values of a wished size: an object whose JSON has exactly so many bytes, with fields of several kinds.
 */

interface Order {
  readonly sku: string
  readonly pieces: number
  readonly price: number
}

export interface Account {
  readonly id: number
  readonly name: string
  readonly on: boolean
  readonly orders: readonly Order[]
  readonly note: string
}

/** B. */
const COMMA = 1

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** The value of a key `user:N`: made once, since all candidates are filled with the same. */
export function accountOf(bytes: number): (key: string) => Account {
  const made = new Map<string, Account>()
  return (key) => {
    const account = made.get(key) ?? accountFor(key, bytes)
    made.set(key, account)
    return account
  }
}

function accountFor(key: string, bytes: number): Account {
  const id = Number(key.slice(5))
  const orders: Order[] = []
  const account = (note: string): Account => ({ id, name: `name of ${key}`, on: true, orders, note })
  const order = (at: number): Order => ({ sku: `sku-${id}-${at}`, pieces: at + 1, price: id * 1.25 })
  // Counted along, and not written out again for each order: that would take longer than what is measured.
  let size = sizeOf(account(''))
  for (;;) {
    const next = order(orders.length)
    const more = sizeOf(next)
    if (size + more >= bytes - 100) return account('.'.repeat(bytes - size))
    size += more + (orders.length > 0 ? COMMA : 0)
    orders.push(next)
  }
}
