/*
 * The public surface of @larder/tiered, and nothing else.
 */

export { adapter, type TieredPart, type TieredSetting } from './adapter.ts'
export { tiered, type TieredOptions } from './tiered.ts'
