/*
 * What the contracts need of vitest, for runtimes on which vitest does not run: `describe` and `test` that remember, and
 * the very `expect` of vitest. `judged` then runs every rule, one after another, and says what came of it.
 */
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect'

interface Context {
  skip(why: string): never
}
type Run = (context: Context) => unknown

interface Judged {
  readonly passed: number
  readonly skipped: number
  readonly failed: readonly string[]
}

class Skipped extends Error {}

const rules: { readonly name: string; readonly run: Run | undefined }[] = []
let around = ''

export function describe(title: string, body: () => void): void {
  around = title
  body()
}

export function test(name: string, _options: object, run: Run): void {
  rules.push({ name: `${around}: ${name}`, run })
}
test.skip = (name: string): void => {
  rules.push({ name: `${around}: ${name}`, run: undefined })
}

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)
export const expect = chai.expect

const context: Context = {
  skip(why) {
    throw new Skipped(why)
  },
}

const PATIENCE = 10_000

/** A rule that never ends must not keep the others from being judged. */
async function inTime(run: Run): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    await Promise.race([run(context), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs all that was registered. */
export async function judged(): Promise<Judged> {
  const failed: string[] = []
  let passed = 0
  let skipped = 0
  for (const { name, run } of rules) {
    try {
      if (run === undefined) throw new Skipped()
      await inTime(run)
      passed++
    } catch (error) {
      if (error instanceof Skipped) skipped++
      else failed.push(`${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
  }
  return { passed, skipped, failed }
}
