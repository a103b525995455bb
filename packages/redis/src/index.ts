/*
 * The public surface of @larder/redis, and nothing else.
 */

export { adapter } from './adapter.ts'
export type { BreakerState } from './link/breaker.ts'
export type { LinkHealth, NodeHealth } from './link/health.ts'
export type { Argument, CallOptions, Link, LinkEvent, Reply } from './link/link.ts'
export { type GivenClient, openLink } from './link/open.ts'
export type { LinkOptions, NodeAddress, Password, PlaceOptions, ScriptCheck } from './link/options.ts'
export { type Script, scriptOf } from './link/script.ts'
export type { SubscriptionListener } from './link/subscription.ts'
export { redis, type RedisOptions } from './redis.ts'
export type { CompressorName, SerializerName, ShapeOptions } from './shape.ts'
