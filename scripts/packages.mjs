/*
 * What the workspace consists of, read from the disk: no script keeps a list of packages.
 * A folder under packages/ without a package.json is somebody's work in progress, and is left alone.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

/** Every package, each with its folder and manifest, in the order of their names. */
export const packages = (base = root) =>
  readdirSync(path.join(base, 'packages'))
    .toSorted()
    .map((folder) => ({ folder, dir: path.join(base, 'packages', folder) }))
    .filter(({ dir }) => existsSync(path.join(dir, 'package.json')))
    .map((found) => ({ ...found, manifest: readJson(path.join(found.dir, 'package.json')) }))

/** The same, each behind those it depends on. */
export const inOrder = (all = packages()) => {
  const ordered = []
  const add = (each) => {
    if (ordered.includes(each)) return
    const needs = { ...each.manifest.dependencies, ...each.manifest.peerDependencies }
    for (const other of all) if (other.manifest.name in needs) add(other)
    ordered.push(each)
  }
  for (const each of all) add(each)
  return ordered
}

/** The import paths a package offers ('.', './lz4' …) without its package.json. */
export const entries = (manifest) => Object.keys(manifest.exports).filter((name) => name !== './package.json')

export const isBuiltin = (name) => name.startsWith('node:') || builtinModules.includes(name.split('/')[0])
