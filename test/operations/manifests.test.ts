/*
 * The manifests of docs/operations: what they say is understood by those they are written for, and what they mount are the
 * files that servers.test.ts gives to real servers.
 *
 * Kubernetes: compiled against the types of its API, by which a name that does not exist is an error. Compose: there is
 * no package with a current schema, so every name and value that these files use is in a table here.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FOLDER = path.join(ROOT, 'docs/operations')
const ROLES = ['cache', 'state'] as const

mkdirSync(path.join(ROOT, 'node_modules/.cache'), { recursive: true })
const work = mkdtempSync(path.join(ROOT, 'node_modules/.cache/manifests-'))
afterAll(() => rmSync(work, { recursive: true }))

const read = (...file: readonly string[]): string => readFileSync(path.join(FOLDER, ...file), 'utf8')

/** An official image, with its major version and nothing more exact. */
const IMAGE = /^redis:\d+$/

/** Bytes that the configuration of a role allows for data. */
function maxMemoryOf(role: string): number {
  const [, mb = ''] = /^maxmemory (\d+)mb$/m.exec(read(role, 'redis.conf')) ?? []
  return Number(mb) * 1024 ** 2
}

const GIB: Readonly<Record<string, number>> = { g: 1024 ** 3, Gi: 1024 ** 3 }
function bytesIn(quantity: string): number {
  const [, count = '', unit = ''] = /^(\d+)(g|Gi)$/.exec(quantity) ?? []
  return Number(count) * (GIB[unit] ?? Number.NaN)
}

/** Of the probe: its user exists, and the command asks nothing else than a PING. */
function expectProbe(command: readonly string[]): void {
  const [, name = ''] = /^redis-cli --user (\w+) .* ping \| grep -q PONG$/.exec(command.at(-1) ?? '') ?? []
  expect(read('users.acl')).toMatch(new RegExp(`^user ${name} on nopass .* -@all \\+ping$`, 'm'))
}

describe.each(ROLES)('compose.yaml of the %s role', (role) => {
  interface Service {
    readonly image: string
    readonly user: string
    readonly command: readonly string[]
    readonly ports: readonly string[]
    readonly volumes: readonly string[]
    readonly tmpfs?: readonly string[]
    readonly secrets: readonly { readonly source: string; readonly target: string }[]
    readonly healthcheck: { readonly test: readonly string[] }
    readonly mem_limit: string
  }
  interface Compose {
    readonly services: Readonly<Record<string, Service>>
    readonly secrets: Readonly<Record<string, { readonly file: string }>>
    readonly volumes?: Readonly<Record<string, object>>
  }
  const compose = parse(read(role, 'compose.yaml')) as Compose
  const service = compose.services[`redis-${role}`] ?? ({} as Service)

  const isTexts = (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')
  const isTime = (value: unknown): boolean => /^\d+s$/.test(String(value))
  /** As the specification of Compose has them. */
  const NAMES: Readonly<Record<string, (value: unknown) => boolean>> = {
    image: (value) => IMAGE.test(String(value)),
    user: (value) => /^\d+:\d+$/.test(String(value)),
    command: isTexts,
    restart: (value) => value === 'unless-stopped',
    ports: isTexts,
    volumes: isTexts,
    tmpfs: isTexts,
    secrets: (value) =>
      Array.isArray(value) && value.every((each) => Object.keys(each as object).join() === 'source,target'),
    healthcheck: (value) => {
      const { test: command, interval, timeout, retries, ...others } = value as Record<string, unknown>
      const isWhole = Number.isInteger(retries) && Object.keys(others).length === 0
      return isTexts(command) && isTime(interval) && isTime(timeout) && isWhole
    },
    mem_limit: (value) => !Number.isNaN(bytesIn(String(value))),
    read_only: (value) => value === true,
    cap_drop: (value) => String(value) === 'ALL',
    security_opt: (value) => String(value) === 'no-new-privileges:true',
  }

  test('has only what Compose knows, in its form', () => {
    expect(Object.keys(compose.services)).toEqual([`redis-${role}`])
    const top = ['services', 'secrets', 'volumes']
    expect(Object.keys(compose).filter((name) => !top.includes(name))).toEqual([])
    expect(Object.entries(service).filter(([name, value]) => NAMES[name]?.(value) !== true)).toEqual([])
  })

  test('starts the server with the configuration and the users of this repository', () => {
    const [program, configuration, option, users] = service.command
    expect([program, option]).toEqual(['redis-server', '--aclfile'])
    const [own = '', inside, mode] = service.volumes[0]?.split(':') ?? []
    expect([inside, mode]).toEqual([configuration, 'ro'])
    expect(path.resolve(FOLDER, role, own)).toBe(path.join(FOLDER, role, 'redis.conf'))
    const [secret] = service.secrets
    expect(users).toBe(`/run/secrets/${secret?.target}`)
    const written = /users\.acl >(\S+)/.exec(read('make-users.sh'))?.[1] ?? ''
    expect(compose.secrets).toEqual({ [secret?.source ?? '']: { file: `../${written}` } })
  })

  test('keeps data on a volume only where they are to be kept', () => {
    expect(service.tmpfs).toEqual(role === 'cache' ? ['/data'] : undefined)
    expect(service.volumes.slice(1)).toEqual(role === 'state' ? ['data:/data'] : [])
    expect(Object.keys(compose.volumes ?? {})).toEqual(role === 'state' ? ['data'] : [])
  })

  test('lets nobody in from elsewhere, and leaves room beside the data', () => {
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:6379$/)
    expect(bytesIn(service.mem_limit)).toBeGreaterThanOrEqual(2 * maxMemoryOf(role))
    expectProbe(service.healthcheck.test)
  })
})

interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

const resourcesOf = (text: string): readonly Resource[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Resource)

/** As a program that is right if every resource is one. */
function programOf(resources: readonly Resource[]): string {
  return resources
    .map((resource, i) => {
      const { apiVersion, kind } = resource
      const group = apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io', '')
      return `import type { ${kind} as K${i} } from 'kubernetes-types/${group}.d.ts'\nexport const r${i}: K${i} = ${JSON.stringify(resource)}\n`
    })
    .join('')
}

function complaintsOf(programs: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(programs)) writeFileSync(path.join(work, `${name}.ts`), text)
  const files = Object.keys(programs).map((name) => `${name}.ts`)
  const compilerOptions = { noEmit: true, types: [], skipLibCheck: true }
  const config = { extends: path.join(ROOT, 'tsconfig.base.json'), compilerOptions, files }
  writeFileSync(path.join(work, 'tsconfig.json'), JSON.stringify(config))
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc')
  return spawnSync(tsc, ['-p', work, '--pretty', 'false'], { encoding: 'utf8' }).stdout
}

describe('the resources for Kubernetes', () => {
  test('are what its API takes', () => {
    const programs = ROLES.map(
      (role) => [role, programOf(resourcesOf(read(role, 'kubernetes.yaml')))] as const,
    )

    expect(complaintsOf(Object.fromEntries(programs))).toBe('')
  }, 60_000)

  test('would not be, with one name or one type wrong', () => {
    const text = read('cache/kubernetes.yaml')

    const complaints = complaintsOf({
      name: programOf(resourcesOf(text.replace('readOnlyRootFilesystem', 'readOnlyFilesystem'))),
      type: programOf(resourcesOf(text.replace('replicas: 1', 'replicas: one'))),
    })

    expect(complaints).toMatch(/name\.ts.*readOnlyFilesystem/)
    expect(complaints).toMatch(/type\.ts.*'string' is not assignable to type 'number'/)
  }, 60_000)
})

describe.each(ROLES)('kubernetes.yaml of the %s role', (role) => {
  interface Mounted {
    readonly name: string
    readonly mountPath: string
  }
  interface StatefulSet extends Resource {
    readonly spec: {
      readonly serviceName: string
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
      readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
      readonly template: {
        readonly metadata: { readonly labels: Readonly<Record<string, string>> }
        readonly spec: {
          readonly containers: readonly [
            {
              readonly image: string
              readonly args: readonly string[]
              readonly volumeMounts: readonly Mounted[]
              readonly resources: { readonly limits: { readonly memory: string } }
              readonly readinessProbe: { readonly exec: { readonly command: readonly string[] } }
            },
          ]
          readonly volumes: readonly {
            readonly name: string
            readonly configMap?: { readonly name: string }
            readonly secret?: { readonly secretName: string }
            readonly emptyDir?: object
          }[]
        }
      }
    }
  }
  const resources = resourcesOf(read(role, 'kubernetes.yaml'))
  const set = resources.find(({ kind }) => kind === 'StatefulSet') as StatefulSet
  const { containers, volumes } = set.spec.template.spec
  const [container] = containers
  const pathOf = (name: string): string | undefined =>
    container.volumeMounts.find((mount) => mount.name === name)?.mountPath

  test('starts the server with the configuration of this repository, and with the users of a secret', () => {
    const [program, configuration, option, users] = container.args
    expect([program, option]).toEqual(['redis-server', '--aclfile'])
    const { resources: listed, configMapGenerator } = parse(read(role, 'kustomization.yaml')) as {
      readonly resources: readonly string[]
      readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[]
    }
    expect(listed).toEqual(['kubernetes.yaml'])
    const [generated] = configMapGenerator
    expect(generated?.files.map((file) => existsSync(path.join(FOLDER, role, file)))).toEqual([true])
    const config = volumes.find(({ configMap }) => configMap?.name === generated?.name)
    expect(configuration).toBe(`${pathOf(config?.name ?? '')}/${generated?.files[0]}`)
    const secret = volumes.find((volume) => volume.secret !== undefined)
    expect(users).toBe(`${pathOf(secret?.name ?? '')}/users.acl`)
    expect(read('README.md')).toContain(
      `kubectl create secret generic ${secret?.secret?.secretName} --from-file=users.acl=users.secret.acl`,
    )
  })

  test('has one server behind one name, which only clients reach', () => {
    const [service, policy] = ['Service', 'NetworkPolicy'].map((kind) =>
      resources.find((each) => each.kind === kind),
    )
    const { labels } = set.spec.template.metadata
    expect(set.spec.selector.matchLabels).toEqual(labels)
    expect(set.spec.serviceName).toBe(service?.metadata.name)
    expect(set).toMatchObject({ spec: { replicas: 1 } })
    expect(service).toMatchObject({ spec: { selector: labels, ports: [{ port: 6379 }] } })
    expect(policy).toMatchObject({ spec: { podSelector: { matchLabels: labels }, policyTypes: ['Ingress'] } })
  })

  test('keeps data on a volume only where they are to be kept, and leaves room beside them', () => {
    expect(pathOf('data')).toBe('/data')
    expect(volumes.some(({ emptyDir }) => emptyDir !== undefined)).toBe(role === 'cache')
    expect(set.spec.volumeClaimTemplates?.map(({ metadata }) => metadata.name)).toEqual(
      role === 'state' ? ['data'] : undefined,
    )
    expect(bytesIn(container.resources.limits.memory)).toBeGreaterThanOrEqual(2 * maxMemoryOf(role))
    expect(container.image).toMatch(IMAGE)
    expectProbe(container.readinessProbe.exec.command)
  })
})
