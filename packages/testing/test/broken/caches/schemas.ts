/* Caches with a mistake in what they do about schemas. */

import { type Open, withHow } from './seams.ts'

export const brokenSchemas: Readonly<Record<string, Open>> = {
  'schemas are asked but not heard': withHow((how) => ({
    ...how,
    ...(how.schema && {
      schema: { '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) } },
    }),
  })),
  'what a schema says is overlooked': withHow((how) => ({
    ...how,
    ...(how.schema && {
      schema: {
        '~standard': {
          ...how.schema['~standard'],
          validate: async (value: unknown) => {
            const result = await how.schema?.['~standard'].validate(value)
            return result?.issues === undefined ? { value } : result
          },
        },
      },
    }),
  })),
  'schemas that throw are overlooked': withHow((how) => ({
    ...how,
    ...(how.schema && {
      schema: {
        '~standard': {
          version: 1,
          vendor: 'x',
          validate: (value: unknown) => {
            try {
              return how.schema?.['~standard'].validate(value) ?? { value }
            } catch {
              return { value }
            }
          },
        },
      },
    }),
  })),
}
