/*
 * Options of node-redis for a client that gives up: half a second of silence ends a connection, and nothing is queued while
 * there is none.
 */

export interface Impatient {
  readonly disableOfflineQueue: true
  readonly socket: { readonly socketTimeout: number; readonly reconnectStrategy: () => number }
}

export const impatient: Impatient = {
  disableOfflineQueue: true,
  socket: { socketTimeout: 500, reconnectStrategy: () => 100 },
}

/** As it stands on the page. */
export const IMPATIENT =
  '`disableOfflineQueue: true`, `socket: { socketTimeout: 500, reconnectStrategy: () => 100 }`'
