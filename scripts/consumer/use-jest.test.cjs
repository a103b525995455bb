/* global test */
const { createCache, openCache } = require('@larder/core')
const { memory } = require('@larder/memory')
const program = require('./program.cjs')

test('the packages can be required in Jest', () => program({ createCache, openCache, memory }))
