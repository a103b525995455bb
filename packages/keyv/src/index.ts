/*
 * The public surface of @larder/keyv, and nothing else.
 */

export { adapter, type KeyvSetting } from './adapter.ts'
export { asKeyv, type AsKeyvOptions, type LarderKeyv } from './as-keyv.ts'
export { keyv, type KeyvOptions } from './keyv.ts'
export type { KeyvLike } from './place.ts'
export type { Keeps } from './record.ts'
