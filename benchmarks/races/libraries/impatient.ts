/*
 * Options of node-redis for a client that gives up: half a second of silence ends a connection, and nothing is queued while
 * there is none. It pings, since a connection on which nobody asks is silent too.
 */

export interface Impatient {
  readonly disableOfflineQueue: true
  readonly pingInterval: number
  readonly socket: { readonly socketTimeout: number; readonly reconnectStrategy: () => number }
}

export const impatient: Impatient = {
  disableOfflineQueue: true,
  pingInterval: 100,
  socket: { socketTimeout: 500, reconnectStrategy: () => 100 },
}

/** As it stands on the page. */
export const IMPATIENT =
  '`disableOfflineQueue: true`, `pingInterval: 100`, `socket: { socketTimeout: 500, reconnectStrategy: () => 100 }`'
