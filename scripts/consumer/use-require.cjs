const assert = require('node:assert/strict')
const { createCache, openCache } = require('@larder/core')
const { memory } = require('@larder/memory')
const program = require('./program.cjs')

const main = async () => {
  for (const name of require('./modules.json')) {
    const imported = Object.keys(await import(name)).filter(
      (key) => key !== 'default' && key !== 'module.exports',
    )
    assert.deepEqual(
      Object.keys(require(name)).toSorted(),
      imported.toSorted(),
      `${name}: both forms export the same`,
    )
  }
  await program({ createCache, openCache, memory })
  console.log(`ok  require, Node ${process.versions.node}`)
}
void main()
