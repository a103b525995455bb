/*
 * Certificates for a server of tests: an authority that exists for one test, and what it signs.
 *
 * Node can sign, but it cannot write a certificate, and openssl is a program that a machine may not have. So this writes
 * the little DER that an X.509 certificate of version 3 is made of, and nothing more: P-256, SHA-256, names and addresses.
 */

import { systemClock } from '@larder/core'
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'

/**
 * What a certificate is made for.
 *
 * @example
 * const server = await startRedis({ tls: { expired: true } })
 */
export interface CertificateOptions {
  /** For whom it is good. Default: localhost and 127.0.0.1. */
  readonly host?: string
  /** It was good until yesterday. Default: false. */
  readonly expired?: boolean
}

/** PEM texts. */
export interface Certificates {
  /** The authority: what a client has to trust. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const DAY = 86_400_000

export function certificates({ host, expired = false }: CertificateOptions = {}): Certificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // Each has a name of its own, so that a client may trust several.
  const issuer = nameOf(`Larder test authority ${randomUUID()}`)
  const now = systemClock.epoch()
  const [from, to] = [now - 10 * DAY, now + DAY]
  const names = host === undefined ? [dnsName('localhost'), ipAddress(127, 0, 0, 1)] : [dnsName(host)]
  const ca = certificate(authority.privateKey, issuer, {
    serial: 1,
    subject: issuer,
    key: authority.publicKey,
    from,
    to,
    extensions: [extension(OID.basicConstraints, sequence(boolean(true)))],
  })
  const cert = certificate(authority.privateKey, issuer, {
    serial: 2,
    subject: nameOf(host ?? 'localhost'),
    key: server.publicKey,
    from,
    to: expired ? now - DAY : to,
    extensions: [extension(OID.subjectAltName, sequence(...names))],
  })
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { ca, cert, key }
}

interface Signed {
  readonly serial: number
  readonly subject: Buffer
  readonly key: KeyObject
  readonly from: number
  readonly to: number
  readonly extensions: readonly Buffer[]
}

function certificate(
  signer: KeyObject,
  issuer: Buffer,
  { serial, subject, key, from, to, extensions }: Signed,
): string {
  const version3 = tagged(0xa0, tagged(0x02, Buffer.from([2])))
  const content = sequence(
    version3,
    tagged(0x02, Buffer.from([serial])),
    sequence(OID.ecdsaWithSha256),
    issuer,
    sequence(time(from), time(to)),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', content, signer)
  return pem(sequence(content, sequence(OID.ecdsaWithSha256), tagged(0x03, Buffer.concat([ZERO, signature]))))
}

/* DER: a tag, a length, a content. */

const ZERO = Buffer.from([0])

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts)
const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]))
const objectId = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'))

const OID: Readonly<
  Record<'ecdsaWithSha256' | 'commonName' | 'basicConstraints' | 'subjectAltName', Buffer>
> = {
  ecdsaWithSha256: objectId('2a8648ce3d040302'),
  commonName: objectId('550403'),
  basicConstraints: objectId('551d13'),
  subjectAltName: objectId('551d11'),
}

const nameOf = (text: string): Buffer =>
  sequence(tagged(0x31, sequence(OID.commonName, tagged(0x0c, Buffer.from(text)))))

const extension = (id: Buffer, content: Buffer): Buffer => sequence(id, boolean(true), tagged(0x04, content))
const dnsName = (name: string): Buffer => tagged(0x82, Buffer.from(name))
const ipAddress = (...bytes: readonly number[]): Buffer => tagged(0x87, Buffer.from(bytes))

/** GeneralizedTime: 20300102030405Z */
const time = (at: number): Buffer =>
  tagged(0x18, Buffer.from(new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '')))

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trim()}\n-----END CERTIFICATE-----\n`
