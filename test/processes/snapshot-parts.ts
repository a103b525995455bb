/*
 * What the stories of snapshots use, as one program, so that a part of it can be taken out.
 */

export { codec, createCache, json } from '@larder/core'
export { memory } from '@larder/memory'
export { restore, snapshot } from '@larder/memory/snapshot'
export { manualClock } from '@larder/testing'
