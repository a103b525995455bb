/*
 * The public surface of @larder/core, and nothing else.
 */

export {
  type Codec,
  codec,
  type CodecOptions,
  type Compressor,
  type Sealer,
  type Serializer,
} from './bytes/codec.ts'
export { type Notation, serializerOf } from './bytes/forms.ts'
export { describe, type Description, type Head, type Refusal } from './bytes/frame.ts'
export { json } from './bytes/json.ts'
export type {
  CloseOptions,
  Defaults,
  ICache,
  LoadContext,
  Loader,
  ManyContext,
  ManyLoader,
  Meta,
  Policy,
  WrapPolicy,
  Written,
} from './cache.ts'
export { type CacheOptions, createCache } from './create.ts'
export { type Duration, durationOf } from './duration.ts'
export { type Clock, stayAwake, systemClock } from './engine/clock.ts'
export {
  ageOf,
  type Age,
  deadAt,
  type Entry,
  entryOf,
  type Since,
  type Stamp,
  type Stamps,
  type Terms,
  termsOf,
} from './engine/entry.ts'
export { type Handover, handover } from './engine/handover.ts'
export { CacheError, type ErrorCode, isCacheError, misuse, valueRefused } from './errors.ts'
export { isMark } from './engine/marks.ts'
export { type Key, keyOf, type KeyPart } from './key.ts'
export {
  type ByteSize,
  type Check,
  checkOptions,
  isBytes,
  isCount,
  isDuration,
  isFunction,
  isOneOf,
  isText,
  optionProblems,
  type OptionTable,
  readBytes,
} from './options.ts'
export { type Kept, refreshEvery, type RefreshOptions } from './patterns/refresh-every.ts'
export { type Repository, repository, type Source } from './patterns/repository.ts'
export { warm, type Warmed, type WarmOptions } from './patterns/warm.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './schema.ts'
export { type Adapter, type CacheSetting, openCache, type OpenOptions, type OtherAdapters } from './open.ts'
export type { Channel, ChannelListener } from './store/channel.ts'
export { encoded, type EncodedOptions } from './store/encoded.ts'
export type { LeasedRead, Leases } from './store/leases.ts'
export type { Near } from './store/near.ts'
export { prefixed } from './store/prefixed.ts'
export {
  type Awaitable,
  isPending,
  type RemovalCause,
  type Facts,
  type RemovalListener,
  type SizeListener,
  type Store,
  type Usage,
} from './store/store.ts'
export { type BigKey, type BigKeys, bigKeys, type BigKeysOptions } from './watch/big-keys.ts'
export type { CacheEvent, Observer, Unstored, WhyStale } from './watch/events.ts'
export { type HotKey, type HotKeys, hotKeys, type HotKeysOptions } from './watch/hot-keys.ts'
export { topNamespaces } from './watch/namespaces.ts'
export { type Rates, ratesBetween } from './watch/rates.ts'
export type { Explanation, Health, NearExplanation, NearHealth, Promises } from './watch/report.ts'
export type { Latency, NamespaceStats, Stats } from './watch/stats.ts'
export { type Coherence, type Vitals, vitalsOf } from './watch/vitals.ts'
