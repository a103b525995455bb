/*
 * NestJS: whatever injects CACHE_MANAGER gets a Larder cache. Who calls `wrap` shares its loads, and a `del` wins
 * against them; the interceptor of Nest works too.
 *
 *   node --conditions=@larder/source --import tsx examples/frameworks/nestjs.ts
 */

import 'reflect-metadata'
import { asCacheManager, type CacheManager } from '@larder/compat/cache-manager'
import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { CACHE_MANAGER, CacheInterceptor } from '@nestjs/cache-manager'
import { Controller, Get, Inject, Module, Param, Put, UseInterceptors } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

const cache = createCache({ store: memory(), ttl: '5m' })
const rows = new Map([['1', 'Ada']])
let queries = 0

@Controller('users')
class Users {
  readonly #cache: CacheManager
  constructor(@Inject(CACHE_MANAGER) manager: CacheManager) {
    this.#cache = manager
  }
  @Get() @UseInterceptors(CacheInterceptor) all(): string[] {
    return (queries++, [...rows.values()])
  }
  @Get(':id') async one(@Param('id') id: string): Promise<unknown> {
    const name = await this.#cache.wrap(`user:${id}`, () => (queries++, rows.get(id) ?? null))
    return { name }
  }
  @Put(':id/:name') async put(@Param() { id, name }: Record<'id' | 'name', string>): Promise<void> {
    rows.set(id, name) // the source first
    await this.#cache.mdel([`user:${id}`, '/users'])
  }
}

const manager = { provide: CACHE_MANAGER, useValue: asCacheManager(cache) }
@Module({ controllers: [Users], providers: [manager] })
class Shop {}

const app = await NestFactory.create(Shop, { logger: false })
await app.listen(0, '127.0.0.1')
const url = `${await app.getUrl()}/users`
const read = async (path: string): Promise<string> => (await fetch(url + path)).text()

await Promise.all(Array.from({ length: 20 }, () => read('/1')))
await read('')
await read('')
console.log('22 requests, two queries:', queries === 2)
await fetch(`${url}/1/Ada%20Lovelace`, { method: 'PUT' })
console.log('after the write:', await read('/1'), await read(''))

await app.close()
await cache.close()
