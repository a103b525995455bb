/*
 * The part of the Standard Schema specification (version 1) that a cache needs: validate a value, learn what is wrong.
 * zod, valibot, arktype and others implement it; it is an interface, so none of them is a dependency.
 */

import type { Awaitable } from './store/store.ts'

/** A schema of any library that keeps to Standard Schema: zod, valibot, arktype … */
export interface StandardSchema<T = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Awaitable<SchemaResult<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What a schema has against a value. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
