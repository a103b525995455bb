import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createCache, openCache } from '@larder/core'
import { memory } from '@larder/memory'
import program from './program.cjs'

for (const name of JSON.parse(readFileSync('modules.json', 'utf8'))) {
  assert.notDeepEqual(Object.keys(await import(name)), [], `${name} exports something`)
}
await program({ createCache, openCache, memory })
console.log(`ok  import, Node ${process.versions.node}`)
