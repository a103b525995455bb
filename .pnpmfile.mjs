/* What goes into a tarball: the sources stay here, so nothing in a tarball may point to them. */
const withoutSource = ([entry, ways]) => {
  if (typeof ways === 'string') return [entry, ways]
  const { '@larder/source': _, ...published } = ways
  return [entry, published]
}

export const hooks = {
  beforePacking: (manifest) => ({
    ...manifest,
    exports: Object.fromEntries(Object.entries(manifest.exports).map(withoutSource)),
  }),
}
