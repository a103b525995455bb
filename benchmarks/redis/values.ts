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

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Makes the value of a key `user:N`. */
export const accountOf =
  (bytes: number) =>
  (key: string): Account => {
    const id = Number(key.slice(5))
    const orders: Order[] = []
    const account = (note: string): Account => ({ id, name: `name of ${key}`, on: true, orders, note })
    const order = (at: number): Order => ({ sku: `sku-${id}-${at}`, pieces: at + 1, price: id * 1.25 })
    while (sizeOf(account('')) + sizeOf(order(orders.length)) < bytes - 100) orders.push(order(orders.length))
    return account('.'.repeat(bytes - sizeOf(account(''))))
  }
