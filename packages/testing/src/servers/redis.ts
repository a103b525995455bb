/*
 * A standalone Redis or Valkey for a test: on a free port of 127.0.0.1, in a folder of its own, saving nothing unless it is
 * asked to, and gone when the process that started it is gone.
 */

import { randomUUID } from 'node:crypto'
import type { ServerName } from './binary.ts'
import { type CertificateOptions, certificates } from './certificate.ts'
import { type Login, type RedisConfig, type RedisServer, quoted, startNode } from './node.ts'
import { withFreePorts } from './ports.ts'

/**
 * What `startRedis` takes.
 *
 * @example
 * const server = await startRedis({ server: 'redis-8', password: 'secret', config: { maxmemory: '10mb' } })
 */
export interface RedisOptions {
  /** Default: a free one. */
  readonly port?: number
  /** More of the command line: `['--maxmemory', '1mb']`. */
  readonly args?: readonly string[]
  /** More of redis.conf: `{ 'maxmemory-policy': 'allkeys-lru' }`. */
  readonly config?: RedisConfig
  /** TLS and nothing else, with certificates of its own; `ca` of the server is what to trust. */
  readonly tls?: boolean | CertificateOptions
  /** Of the default user. */
  readonly password?: string
  /** Users by name, with their rules as in `ACL SETUSER`: `{ app: 'on >secret ~app:* +@all' }`. */
  readonly acl?: Readonly<Record<string, string>>
  readonly server?: ServerName
}

/**
 * Starts a server and waits until it answers.
 *
 * @example
 * const redis = await startRedis()
 * await redis.command('SET', 'k', 'v')
 * redis.pause()
 * // … what does the cache do now?
 * redis.resume()
 * await redis.stop()
 */
export function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  if (options.port !== undefined) return startOn(options.port, options)
  return withFreePorts(1, ([port = 0]) => startOn(port, options))
}

function startOn(
  port: number,
  { args, config, tls, password, acl, server }: RedisOptions,
): Promise<RedisServer> {
  const secured = tls === undefined || tls === false ? undefined : certificates(tls === true ? {} : tls)
  const login = loginOf(password, acl)
  return startNode({
    port,
    url: urlOf(port, password, secured !== undefined),
    server,
    login,
    ca: secured?.ca,
    ...(args !== undefined && { args }),
    ...(secured !== undefined && {
      files: { 'ca.crt': secured.ca, 'server.crt': secured.cert, 'server.key': secured.key },
    }),
    config: {
      ...(secured !== undefined && {
        port: 0,
        'tls-port': port,
        'tls-cert-file': 'server.crt',
        'tls-key-file': 'server.key',
        'tls-ca-cert-file': 'ca.crt',
        'tls-auth-clients': false,
      }),
      ...(password !== undefined && { requirepass: quoted(password) }),
      ...(acl !== undefined && { user: usersOf(acl, login) }),
      ...config,
    },
  })
}

export function urlOf(port: number, password: string | undefined, isTls: boolean = false): string {
  const who = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return `${isTls ? 'rediss' : 'redis'}://${who}127.0.0.1:${port}`
}

/** Where users have rules, the fixture has a user of its own, so that it can always look. */
function loginOf(password: string | undefined, acl: RedisOptions['acl']): Login | undefined {
  if (acl !== undefined) return { username: 'larder-fixture', password: randomUUID() }
  return password === undefined ? undefined : { username: 'default', password }
}

function usersOf(acl: Readonly<Record<string, string>>, login: Login | undefined): readonly string[] {
  const users = Object.entries(acl).map(([name, rules]) => `${name} ${rules}`)
  return login === undefined ? users : [...users, `${login.username} on >${login.password} ~* &* +@all`]
}
