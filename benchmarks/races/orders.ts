/*
 * What is said between the director of a scenario and the processes in it.
 */
import type { LibraryName } from './libraries/all.ts'

export interface Orders {
  open: {
    readonly told: {
      readonly library: LibraryName
      readonly url: string
      readonly isTagged: boolean
    }
    readonly answer: true
  }
  read: { readonly told: { readonly key: string; readonly patience: number }; readonly answer: Asked }
  invalidate: { readonly told: { readonly key: string; readonly patience: number }; readonly answer: Asked }
  invalidateTag: {
    readonly told: { readonly tag: string; readonly patience: number }
    readonly answer: Asked
  }
  /** Reads one after the other for so many ms, or until `wanted` has come many times in a row. */
  watch: {
    readonly told: { readonly key: string; readonly wanted: string; readonly ms: number }
    readonly answer: readonly Asked[]
  }
}

export type Order = keyof Orders

/** What became of a call; times by `now()`. What has not ended in time is pending. */
export interface Asked {
  readonly end: 'done' | 'rejected' | 'pending'
  readonly value?: string
  readonly error?: string
  readonly began: number
  readonly ended: number
}

export interface Told {
  readonly id: number
  readonly order: Order
  readonly told: unknown
}

/** From a process. A load is a question to the source of truth. */
export type Said =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly load: number; readonly key: string }

/** To a process. */
export type Heard = Told | { readonly loaded: number; readonly value: string }

/** ms since this machine was started: the same in all its processes. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6
