/* The suite, as a module that has one function: for every runtime the same. */
import './suite.ts'
import { judged } from './judge.ts'

/** One line that says how many rules hold; before it, those that do not. */
export async function main(): Promise<string> {
  const { passed, skipped, failed } = await judged()
  return [...failed, `${passed} passed, ${skipped} skipped, ${failed.length} failed`].join('\n')
}
