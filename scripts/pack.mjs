/* The packages as the registry would have them: tarballs, made of what `build` wrote. */
import { mkdtempSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { packages, readJson, root } from './packages.mjs'
import { runQuietly } from './run.mjs'

const { packageManager } = readJson(path.join(root, 'package.json'))

/** Packs these packages into `out`. Each comes back with its manifest and its tarball. */
export const packInto = (out, all = packages()) =>
  all.map(({ dir, manifest }) => {
    const own = mkdtempSync(path.join(out, 'tarball-'))
    runQuietly('npx', ['--yes', packageManager, 'pack', '--pack-destination', own], { cwd: dir })
    const [name] = readdirSync(own)
    return { dir, manifest, tarball: path.join(own, name) }
  })
