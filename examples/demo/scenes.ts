/*
 * The scenes: what goes wrong in a real shop, made to happen. Each does it to a shop and says what was seen; the same
 * scene is played without and with a cache.
 */

import type { Catalogue } from './catalogue.ts'
import type { Shop } from './shop.ts'

export const CALLERS = 1_000

/** How many queries it takes when everybody wants the same product at once, and nobody has it yet. */
export async function crowd(shop: Shop, db: Catalogue, coldSku: string): Promise<number> {
  const before = db.queries
  await Promise.all(Array.from({ length: CALLERS }, () => shop.product(coldSku)))
  return db.queries - before
}

/** Whether a new price is seen by the very next read. */
export async function newPrice(shop: Shop, sku: string, cents: number): Promise<boolean> {
  await shop.product(sku)
  await shop.setPrice(sku, cents)
  return (await shop.product(sku)).cents === cents
}

/** The same for an answer that left the database before the price changed, and arrives after it did. */
export async function slowAnswer(shop: Shop, db: Catalogue, sku: string, cents: number): Promise<boolean> {
  await shop.setPrice(sku, cents - 1)
  const release = db.hold()
  const slow = shop.product(sku)
  await shop.setPrice(sku, cents)
  release()
  await slow
  return (await shop.product(sku)).cents === cents
}

/** How many of the products on sale show their new price at the next read, out of how many. */
export async function sale(shop: Shop, category: string, skus: readonly string[]): Promise<[number, number]> {
  const before = await shop.products(skus)
  await shop.discount(category, 20)
  const after = await Promise.all(skus.map((sku) => shop.product(sku)))
  return [after.filter(({ cents }, i) => cents < (before[i]?.cents ?? 0)).length, skus.length]
}

/** How many of `reads` reads get an answer when one begins every `pause` ms. */
export async function readOn(
  shop: Shop,
  skus: readonly string[],
  { reads, pause, watch = () => {} }: { reads: number; pause: number; watch?: (reads: number) => void },
): Promise<number> {
  let answered = 0
  for (let i = 0; i < reads; i++) {
    try {
      await shop.product(skus[i % skus.length] ?? '')
      answered++
    } catch {
      // That is what is counted.
    }
    watch(i + 1)
    await new Promise((resume) => setTimeout(resume, pause))
  }
  return answered
}
