/*
 * A wrapper of a store is a store: a view behind a prefix keeps the contract of what it wraps.
 */

import { createCache, prefixed } from '@larder/core'
import { memory } from '@larder/memory'
import { cacheContract, delayed, storeContract } from '@larder/testing'

const facts = { keeps: 'entries', bounded: 1_000, expires: true } as const

storeContract('memory behind a prefix', {
  open: (clock) => prefixed(memory({ maxEntries: 1_000, clock }), 'p:'),
  ...facts,
})

storeContract('memory behind a prefix without a colon, with the signs of patterns,', {
  open: (clock) => prefixed(memory({ maxEntries: 1_000, clock }), '*[a-z]?{x}\\'),
  ...facts,
})

storeContract('delayed memory behind two prefixes', {
  open: (clock) => prefixed(prefixed(delayed(memory({ maxEntries: 1_000, clock })), 'p:'), 'q'),
  ...facts,
})

cacheContract('a cache behind a prefix', {
  open: ({ clock, ...options }) =>
    createCache({ ...options, clock, store: prefixed(memory({ clock }), 'a:b:') }),
  peeks: true,
})
