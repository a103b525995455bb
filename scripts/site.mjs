/*
 * The site of the docs, by vitepress: offline, as plain files.
 *
 *   node scripts/site.mjs            builds docs/ into dist/site
 *   node scripts/site.mjs --dev      serves it on loopback, and again whenever a page changes
 *   node scripts/site.mjs --out DIR  builds it elsewhere
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build, createServer } from 'vitepress'
import { root } from './packages.mjs'

const { values } = parseArgs({
  options: { dev: { type: 'boolean', default: false }, out: { type: 'string', default: 'dist/site' } },
})
const docs = path.join(root, 'docs')

if (values.dev) {
  const server = await createServer(docs, { host: '127.0.0.1' })
  await server.listen()
  server.printUrls()
} else {
  await build(docs, { outDir: path.resolve(root, values.out) })
}
