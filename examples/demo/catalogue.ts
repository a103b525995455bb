/*
 * The catalogue: a real SQL database with products and their reviews. PGlite is PostgreSQL, compiled to WebAssembly,
 * in this process; nothing has to be installed or started.
 *
 * It counts the queries that reach it, and can be made to misbehave: `stop` refuses all queries as a server does that
 * is not there, `hold` keeps the answer of a read on its way, as a slow network does.
 */

import { PGlite } from '@electric-sql/pglite'

export interface Product {
  readonly sku: string
  readonly name: string
  readonly category: string
  readonly cents: number
  readonly stars: number
}

export const PRODUCTS = 2_000
export const CATEGORIES = 40
export const REVIEWS = 16_000

const TABLES = `
  create table products (sku text primary key, name text, category text, cents int, sold int);
  create table reviews (sku text references products, stars int);
  insert into products
    select 'p' || n, 'Jar No. ' || n, 'c' || n % ${CATEGORIES}, 100 + n * 7919 % 9900, n * 104729 % 10007
    from generate_series(1, ${PRODUCTS}) n;
  insert into reviews select 'p' || 1 + n % ${PRODUCTS}, 1 + n * 31 % 5 from generate_series(1, ${REVIEWS}) n;
  create index on products (category);
  create index on reviews (sku);
  analyze;
`
const PRODUCT = `
  select sku, name, category, cents, (select coalesce(avg(stars), 0)::float8 from reviews r where r.sku = p.sku) as stars
  from products p
`

export class Catalogue {
  /** Queries that reached the database. */
  queries = 0
  readonly #database: PGlite
  #isStopped = false
  #held: Promise<void> | undefined

  private constructor(database: PGlite) {
    this.#database = database
  }

  static async open(): Promise<Catalogue> {
    const database = await PGlite.create()
    await database.exec(TABLES)
    return new Catalogue(database)
  }

  async product(sku: string): Promise<Product> {
    const [product] = await this.products([sku])
    if (product === undefined) throw new Error(`there is no product ${sku}`)
    return product
  }

  /** In the order of `skus`. */
  async products(skus: readonly string[]): Promise<Product[]> {
    return this.#read(`${PRODUCT} where sku = any($1) order by array_position($1, sku)`, [skus])
  }

  /** What sells best in a category. */
  async shelf(category: string): Promise<Product[]> {
    return this.#read(`${PRODUCT} where category = $1 order by sold desc limit 12`, [category])
  }

  async setPrice(sku: string, cents: number): Promise<void> {
    await this.#query('update products set cents = $2 where sku = $1', [sku, cents])
  }

  async discount(category: string, percent: number): Promise<void> {
    await this.#query('update products set cents = cents * (100 - $2::int) / 100 where category = $1', [
      category,
      percent,
    ])
  }

  /** Keeps the answer of the next read on its way until the returned function is called. */
  hold(): () => void {
    let release = (): void => {}
    this.#held = new Promise((resolve) => {
      release = resolve
    })
    return () => {
      this.#held = undefined
      release()
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  start(): void {
    this.#isStopped = false
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  async #read(sql: string, values: readonly unknown[]): Promise<Product[]> {
    const held = this.#held
    this.#held = undefined
    const rows = await this.#query(sql, values)
    await held
    return rows
  }

  async #query(sql: string, values: readonly unknown[]): Promise<Product[]> {
    if (this.#isStopped) throw new Error('connect ECONNREFUSED: the database is stopped')
    this.queries++
    const { rows } = await this.#database.query<Product>(sql, [...values])
    return rows
  }
}
