/*
 * Who takes part. Each is imported only where it is needed: a process has one library in it.
 */
import type { Library } from '../library.ts'

const imports = {
  larder: async () => (await import('./larder.ts')).larder,
  bentocache: async () => (await import('./bentocache.ts')).bentocache,
  cacheable: async () => (await import('./cacheable.ts')).cacheable,
  'cache-manager': async () => (await import('./cache-manager.ts')).cacheManager,
  'layered-loader': async () => (await import('./layered-loader.ts')).layeredLoader,
  'async-cache-dedupe': async () => (await import('./async-cache-dedupe.ts')).asyncCacheDedupe,
  cachified: async () => (await import('./cachified.ts')).cachified,
  // The same with what their users set by hand against a Redis that does not answer.
  'bentocache, by hand': async () => (await import('./bentocache.ts')).bentocacheByHand,
  'cacheable, by hand': async () => (await import('./cacheable.ts')).cacheableByHand,
  'cache-manager, by hand': async () => (await import('./cache-manager.ts')).cacheManagerByHand,
  'layered-loader, by hand': async () => (await import('./layered-loader.ts')).layeredLoaderByHand,
  'async-cache-dedupe, by hand': async () => (await import('./async-cache-dedupe.ts')).asyncCacheDedupeByHand,
  'cachified, by hand': async () => (await import('./cachified.ts')).cachifiedByHand,
}

export type LibraryName = keyof typeof imports

export const libraryNames: readonly LibraryName[] = Object.keys(imports) as LibraryName[]

export const libraryOf = (name: LibraryName): Promise<Library> => imports[name]()
