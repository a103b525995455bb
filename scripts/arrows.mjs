/*
 * The arrows of the architecture: who may import whom. An arrow that is not in these tables does not exist.
 *
 *   node scripts/arrows.mjs [root]      prints each offence as file:line and ends with 1 if there is any
 *
 * Checked in every source file, for `import`, `export … from`, `import()` and type imports alike:
 *   - a package imports only the packages it has an arrow to, by name, and only through an entry they export;
 *   - core imports nothing: no package, no module of Node;
 *   - a relative import stays inside its package, in tests too;
 *   - inside core, what is below the engine does not know the engine.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseAst } from 'rolldown/parseAst'
import { entries, isBuiltin, packages, root as here } from './packages.mjs'

const arrows = {
  core: [],
  memory: ['core'],
  codecs: ['core'],
  redis: ['core', 'codecs'],
  tiered: ['core'],
  keyv: ['core'],
  metrics: ['core'],
  compat: ['core', 'memory'],
  testing: ['core'],
}

/** Folders of a package which must not import a file of the same package. */
const below = [
  { package: 'core', folder: 'store', mustNotImport: 'engine/engine' },
  { package: 'core', folder: 'bytes', mustNotImport: 'engine/engine' },
  { package: 'core', folder: 'watch', mustNotImport: 'engine/engine' },
]

/** Every module name a source text mentions, with its line. */
const importsOf = (file) => {
  const text = readFileSync(file, 'utf8')
  const lang = file.endsWith('x') ? 'tsx' : 'ts'
  const found = []
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit)
    if (node === null || typeof node !== 'object') return
    const name = moduleOf(node)
    if (name !== undefined) found.push({ name, line: text.slice(0, node.start).split('\n').length })
    Object.values(node).forEach(visit)
  }
  visit(parseAst(text, { lang }, file))
  return found
}

const moduleOf = (node) => {
  if (/^(Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$|^TSImportType$/.test(node.type ?? '')) {
    return literal(node.source)
  }
  if (node.type === 'TSExternalModuleReference') return literal(node.expression)
  if (node.type === 'CallExpression' && node.callee.name === 'require') return literal(node.arguments[0])
}
const literal = (node) => (typeof node?.value === 'string' ? node.value : undefined)

const filesIn = (dir) =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
        .filter((file) => !path.relative(dir, file).includes('node_modules'))
        .toSorted()
    : []

const isInside = (file, dir) => !path.relative(dir, file).startsWith('..')

/** Why this import of a source file is an offence, or undefined. */
const offenceInSource = (name, file, self, all) => {
  const src = path.join(self.dir, 'src')
  if (name.startsWith('.')) {
    const target = path.resolve(path.dirname(file), name)
    if (!isInside(target, src)) return `leaves the sources of ${self.manifest.name}`
    const rule = below.find(
      (row) =>
        row.package === self.folder &&
        isInside(file, path.join(src, row.folder)) &&
        isModule(target, path.join(src, row.mustNotImport)),
    )
    return rule && `${rule.folder}/ is below ${rule.mustNotImport} and must not know it`
  }
  if (isBuiltin(name)) return self.folder === 'core' ? 'core runs anywhere: no module of Node' : undefined
  const other = all.find(({ manifest }) => name === manifest.name || name.startsWith(`${manifest.name}/`))
  if (other !== undefined) return offenceBetween(name, self, other)
  if (self.folder === 'core') return 'core imports nothing'
  const { dependencies = {}, peerDependencies = {} } = self.manifest
  const declared = Object.keys({ ...dependencies, ...peerDependencies })
  if (!declared.some((dep) => name === dep || name.startsWith(`${dep}/`)))
    return `not a dependency of ${self.manifest.name}`
}

const offenceBetween = (name, self, other) => {
  if (other === self) return 'a package imports itself by relative paths'
  if (!arrows[self.folder].includes(other.folder))
    return `there is no arrow from ${self.folder} to ${other.folder}`
  return offenceOfEntry(name, other)
}

const offenceOfEntry = (name, other) => {
  const entry = name.replace(other.manifest.name, '.')
  if (!entries(other.manifest).includes(entry)) return `${other.manifest.name} has no entry '${entry}'`
}

/** Tests, benchmarks and examples may use every package, as a user would: by name. */
const offenceElsewhere = (name, file, home, all) => {
  if (name.startsWith('.')) {
    const target = path.resolve(path.dirname(file), name)
    const other = all.find(({ dir }) => dir !== home && isInside(target, dir))
    return other && `reaches into ${other.manifest.name}; import it by name`
  }
  const other = all.find(({ manifest }) => name.startsWith(`${manifest.name}/`))
  return other && offenceOfEntry(name, other)
}

const isModule = (target, module) => target.replace(/\.[cm]?[jt]sx?$/, '') === module

/** All offences in the workspace at `root`, as 'file:line  import  reason'. */
export const offences = (root) => {
  const all = packages(root)
  const say = (file, { name, line }, why) => `${path.relative(root, file)}:${line}  '${name}'  ${why}`
  const check = (files, judge) =>
    files.flatMap((file) =>
      importsOf(file).flatMap((found) => {
        const why = judge(found.name, file)
        return why === undefined ? [] : [say(file, found, why)]
      }),
    )
  return [
    ...all.flatMap((self) =>
      self.folder in arrows
        ? check(filesIn(path.join(self.dir, 'src')), (name, file) => offenceInSource(name, file, self, all))
        : [`packages/${self.folder}/package.json:1  no row in the table of scripts/arrows.mjs`],
    ),
    ...all.flatMap(({ dir }) =>
      check(filesIn(path.join(dir, 'test')), (name, file) => offenceElsewhere(name, file, dir, all)),
    ),
    ...['test', 'benchmarks', 'examples'].flatMap((folder) =>
      check(filesIn(path.join(root, folder)), (name, file) => offenceElsewhere(name, file, undefined, all)),
    ),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const found = offences(path.resolve(process.argv[2] ?? here))
  for (const offence of found) console.log(offence)
  console.log(
    found.length === 0
      ? 'arrows: all imports follow the table'
      : `arrows: ${found.length} imports do not follow the table`,
  )
  process.exitCode = found.length === 0 ? 0 : 1
}
