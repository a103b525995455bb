import { appendFileSync, writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Says 'N passed, N failed' alone on a line; with LARDER_TALLY also adds it to that file, so that CI can sum up its runs, and with
 * LARDER_FAILURES writes what failed to that one, for a second look (scripts/again.mjs).
 */
export default class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const failures: { readonly file: string; readonly test: string }[] = []
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      const file = module.relativeModuleId
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state]++
        if (state === 'failed') failures.push({ file, test: test.fullName })
      }
      if (module.state() === 'failed' && module.errors().length > 0) {
        count.failed++
        failures.push({ file, test: 'the file itself' })
      }
    }
    if (count.skipped > 0) console.log(`${count.skipped} skipped`)
    const line = `${count.passed} passed, ${count.failed} failed`
    console.log(line)
    const { LARDER_TALLY: tally, LARDER_FAILURES: list } = process.env
    if (tally) appendFileSync(tally, `${line}\n`)
    // What nobody handled belongs to no test that could run again.
    if (list && unhandled.length === 0)
      writeFileSync(list, failures.map((each) => `${JSON.stringify(each)}\n`).join(''))
  }
}
