import { appendFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Says 'N passed, N failed' alone on a line; with LARDER_TALLY also adds it to that file, so that CI can sum up its runs. */
export default class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
      if (module.state() === 'failed' && module.errors().length > 0) count.failed++
    }
    if (count.skipped > 0) console.log(`${count.skipped} skipped`)
    const line = `${count.passed} passed, ${count.failed} failed`
    console.log(line)
    if (process.env.LARDER_TALLY) appendFileSync(process.env.LARDER_TALLY, `${line}\n`)
  }
}
