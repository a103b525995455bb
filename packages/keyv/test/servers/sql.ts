/*
 * Real SQL databases in the process, behind Keyv's own adapters: SQLite (libsql brings it prebuilt, for Nodes that have
 * no node:sqlite), and PostgreSQL as WebAssembly.
 */
import { PGlite } from '@electric-sql/pglite'
import KeyvPostgres from '@keyv/postgres'
import KeyvSqlite from '@keyv/sqlite'
import Database from 'libsql'

interface SqliteDatabase {
  query(sql: string, ...values: unknown[]): Promise<unknown[]>
  close(): Promise<void>
}

/** As @keyv/sqlite wants its drivers. */
const libsql = {
  name: 'custom' as const,
  async connect({ filename }: { readonly filename: string }): Promise<SqliteDatabase> {
    const database = new Database(filename)
    return {
      async query(sql, ...values) {
        const statement = database.prepare(sql)
        const flat = values.flat() as never[]
        if (statement.reader) return statement.all(...flat)
        statement.run(...flat)
        return []
      },
      async close() {
        database.close()
      },
    }
  },
}

export function sqlite(file: string = ':memory:'): KeyvSqlite {
  return new KeyvSqlite({ uri: `sqlite://${file}`, driver: libsql })
}

let database: PGlite | undefined
let tables = 0

/** It takes a second or more to start, so there is one for all. */
export async function startPostgres(): Promise<void> {
  database = await PGlite.create()
}

export async function stopPostgres(): Promise<void> {
  await database?.close()
}

/** Each has a table of its own. */
export function postgres(): KeyvPostgres {
  class OnPGlite extends KeyvPostgres {
    override async connect(): ReturnType<KeyvPostgres['connect']> {
      return async (sql, values) => (await database?.query(sql, values))?.rows ?? []
    }
    override async disconnect(): Promise<void> {}
  }
  return new OnPGlite({ table: `keyv_${tables++}` })
}
