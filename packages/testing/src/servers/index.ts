/*
 * The public surface of @larder/testing/servers, and nothing else.
 */

export { findServer, type ServerBinary, type ServerName, serverNames } from './binary.ts'
export type { CertificateOptions } from './certificate.ts'
export { type ClusterOptions, type ClusterServers, type SlotMove, startCluster } from './cluster.ts'
export { connect, type Connection, type ConnectOptions } from './connection.ts'
export type { RedisConfig, RedisServer, RestartOptions } from './node.ts'
export { faultProxy, type FaultProxy, type FaultProxyOptions, type ProxyEvent } from './proxy/proxy.ts'
export type { ProxiedConnection } from './proxy/link.ts'
export type { Cut, Direction } from './proxy/switches.ts'
export { type RedisOptions, startRedis } from './redis.ts'
export { type Argument, ReplyError } from './resp.ts'
export { type SentinelOptions, type SentinelServers, startSentinel } from './sentinel.ts'
export { slotOf } from './slot.ts'
