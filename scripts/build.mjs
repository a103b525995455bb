/*
 * Two passes of the compiler, no bundler.
 *
 * ESM first, with declarations, in the order of the project references; then CommonJS, because many applications and
 * most test runners still `require`. What the tarball holds is what the compiler wrote, file by file.
 */
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inOrder, root } from './packages.mjs'
import { run, tool } from './run.mjs'

const all = inOrder()
const clean = [...all.map(({ dir }) => path.join(dir, 'dist')), path.join(root, 'node_modules/.cache/tsc')]
for (const dir of clean) rmSync(dir, { recursive: true, force: true })

run(tool('tsc'), ['-b', ...all.map(({ dir }) => dir)])
for (const { dir } of all) {
  run(tool('tsc'), ['-p', path.join(dir, 'tsconfig.cjs.json')])
  // The package says "module": this folder says otherwise for what is below it.
  writeFileSync(path.join(dir, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n')
}
console.log(`built ${all.map(({ folder }) => folder).join(', ')}`)
