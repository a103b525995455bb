/*
 * The part of the Standard Schema specification (version 1) that a cache needs: validate a value, learn what is wrong.
 * zod, valibot, arktype and others implement it; it is an interface, so none of them is a dependency.
 */

import type { Awaitable } from './store/store.ts'

/**
 * A schema of any library that keeps to Standard Schema: zod, valibot, arktype …
 *
 * @example
 * // Any schema of Zod, Valibot or ArkType is one: what does not satisfy it is not served.
 * const schema: StandardSchema<User> = userSchema
 * await cache.getOrSet('user:42', () => db.user(42), { schema })
 */
export interface StandardSchema<T = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Awaitable<SchemaResult<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/**
 * What a schema answers: the value, or what is wrong with it.
 *
 * @example
 * const result: SchemaResult<User> = await userSchema['~standard'].validate(found)
 * if (result.issues === undefined) console.log(result.value.name)
 */
export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/**
 * What a schema has against a value.
 *
 * @example
 * const result = await userSchema['~standard'].validate(found)
 * const issues: readonly SchemaIssue[] = result.issues ?? []
 * console.log(issues.map(({ message, path }) => `${path?.join('.')}: ${message}`))
 */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
