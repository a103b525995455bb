import { memory } from '@larder/memory'
import { storeContract } from '@larder/testing'

storeContract('memory', { open: (clock) => memory({ maxEntries: 1_000, clock }), keeps: 'entries' })
