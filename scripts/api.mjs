/*
 * The public surface of every package, as text in api/, so that a change of it is seen in review; and as pages for readers
 * in docs/api, where a name without a comment that has an example is an error.
 *
 *   node scripts/api.mjs            fails when the declarations in dist/ and the reports differ
 *   node scripts/api.mjs --update   writes the reports
 *
 * Reads what `build` wrote: one report per entry of the package's `exports`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { apiIndex, apiPage, undocumented } from './api-pages.mjs'
import { entries, packages, readJson, root } from './packages.mjs'

const update = process.argv.includes('--update')
const reports = path.join(root, 'api')
const cache = path.join(root, 'node_modules/.cache/api')

const reportName = (folder, entry) => `${[folder, ...entry.split('/').slice(1)].join('.')}.api.md`

const quiet = { logLevel: 'none' }
const configFor = ({ dir, manifest }, entry, reportFileName) =>
  ExtractorConfig.prepare({
    packageJsonFullPath: path.join(dir, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: dir,
      mainEntryPointFilePath: path.join(dir, manifest.exports[entry].import.types),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            lib: ['es2023', 'esnext.disposable'],
            module: 'nodenext',
            moduleResolution: 'nodenext',
            strict: true,
            skipLibCheck: true,
            types: ['node'],
            rootDir: root,
          },
          files: [path.join(dir, manifest.exports[entry].import.types)],
        },
      },
      apiReport: { enabled: true, reportFileName, reportFolder: reports, reportTempFolder: cache },
      docModel: { enabled: true, apiJsonFilePath: path.join(cache, `${reportFileName}.json`) },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: {
          default: { logLevel: 'warning' },
          'ae-missing-release-tag': quiet,
          'ae-undocumented': quiet,
          'ae-unresolved-link': quiet,
          'ae-forgotten-export': { logLevel: 'error', addToApiReportFile: false },
        },
        tsdocMessageReporting: { default: quiet },
      },
    },
  })

const difference = (name) =>
  spawnSync(
    'git',
    ['diff', '--no-index', '--no-color', '-U1', path.join(reports, name), path.join(cache, name)],
    {
      encoding: 'utf8',
    },
  )
    .stdout.split('\n')
    .slice(4)
    .join('\n')

mkdirSync(reports, { recursive: true })
mkdirSync(cache, { recursive: true })
const expected = new Set()
const documented = []
let failed = false

for (const found of packages()) {
  for (const entry of entries(found.manifest)) {
    const name = reportName(found.folder, entry)
    expected.add(name)
    const missing = !existsSync(path.join(reports, name))
    const problems = []
    const { succeeded, apiReportChanged } = Extractor.invoke(configFor(found, entry, name), {
      localBuild: update,
      messageCallback: (message) => {
        message.handled = true
        if (message.logLevel === 'error') problems.push(message.formatMessageWithLocation(root))
      },
    })
    const changed = apiReportChanged || (missing && !update)
    if (changed && !update && !missing) console.log(difference(name))
    for (const problem of problems) console.log(`${name}: ${problem}`)
    if (changed)
      console.log(
        update ? `${name}: written` : `${name}: the public surface changed; see \`pnpm api:update\``,
      )
    documented.push({
      specifier: entry.replace('.', found.manifest.name),
      file: name.replace('.api.md', '.md'),
      description: found.manifest.description,
      model: readJson(path.join(cache, `${name}.json`)),
    })
    failed ||= problems.length > 0 || (changed && !update) || (!succeeded && !update)
  }
}

for (const name of readdirSync(reports).filter((file) => file.endsWith('.api.md') && !expected.has(file))) {
  console.log(`${name}: belongs to nothing that is exported${update ? ', removed' : ''}`)
  if (update) rmSync(path.join(reports, name))
  failed ||= !update
}

const folder = path.join(root, 'docs/api')
mkdirSync(folder, { recursive: true })
const pages = new Map([
  ['README.md', apiIndex(documented)],
  ...documented.map(({ file, specifier, description, model }) => [
    file,
    apiPage(specifier, description, model),
  ]),
])
const written = new Set(readdirSync(folder))
for (const name of new Set([...pages.keys(), ...written])) {
  const file = path.join(folder, name)
  if (pages.get(name) === (written.has(name) ? readFileSync(file, 'utf8') : undefined)) continue
  console.log(`docs/api/${name}: ${update ? 'written' : 'not what the sources say; see `pnpm api:update`'}`)
  failed ||= !update
  if (!update) continue
  if (pages.has(name)) writeFileSync(file, pages.get(name))
  else rmSync(file)
}
for (const name of documented.flatMap(({ specifier, model }) => undocumented(specifier, model))) {
  console.log(`${name}: has no doc comment with an example`)
  failed = true
}

console.log(
  failed ? 'api: not as written down' : `api: ${expected.size} reports ${update ? 'written' : 'agree'}`,
)
process.exitCode = failed ? 1 : 0
