/*
 * The demo, run as a visitor runs it. It judges itself by its exit code, so it is also given a cache that is too small,
 * with which it must fail.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { unlessKeptWaiting } from './second-look.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const DEADLINE = 60_000 // ms

/** What a slow machine may break. No waiting explains an old price. */
const OF_TIME = ['done within 30 s', 'a hit ratio above 80 %']
const unexcused: string[] = []

interface Report {
  readonly promises: Readonly<Record<string, boolean>>
  readonly visits: number
  readonly queries: { readonly without: number; readonly with: number }
  readonly hitRatio: number
  readonly crowds: { readonly without: number; readonly with: number }
  readonly outage: { readonly reads: number; readonly without: number; readonly with: number }
  readonly took: number
}

async function run(url: string): Promise<{ code: number | null; said: string; report: Report }> {
  const demo = spawn(
    process.execPath,
    ['--conditions=@larder/source', '--import', 'tsx', 'examples/demo.ts'],
    {
      cwd: root,
      env: { ...process.env, CI: 'true', DEMO_JSON: '1', LARDER_URL: url, NODE_V8_COVERAGE: undefined },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: DEADLINE,
    },
  )
  let said = ''
  demo.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    demo.on('error', reject).on('close', resolve)
  })
  return { code, said, report: JSON.parse(said.trim().split('\n').at(-1) ?? '') as Report }
}

// One after the other: two at once take each other's time, and the demo has promised to be done in thirty seconds.
describe('the demo', { timeout: DEADLINE }, () => {
  test('keeps every promise it makes', { timeout: 6 * DEADLINE }, async () => {
    await unlessKeptWaiting(keepsItsPromises)
    expect(unexcused).toEqual([])
  })

  test('fails when a promise is broken', async () => {
    const { code, said, report } = await run('memory:?maxEntries=10')

    expect(report.promises['reads go on while the database is stopped']).toBe(false)
    expect(said).toContain('broken: a hit ratio above 80 %')
    expect(code).toBe(1)
  })
})

async function keepsItsPromises(): Promise<void> {
  const { code, said, report } = await run('memory:')
  const broken = Object.keys(report.promises).filter((each) => report.promises[each] === false)
  unexcused.push(...broken.filter((each) => !OF_TIME.includes(each)))
  expect(broken).toEqual([])
  expect(code).toBe(0)
  expect(report.visits).toBeGreaterThan(1_000)
  expect(report.queries.with).toBeLessThanOrEqual(report.queries.without / 2)
  expect(report.hitRatio).toBeGreaterThan(0.8)
  expect(report.crowds).toEqual({ without: 1_000, with: 1 })
  expect(report.outage).toMatchObject({ without: 0, with: report.outage.reads })
  expect(report.took).toBeLessThan(30_000)
  expect(said, 'no control codes where nobody watches').not.toContain('\u001B')
  const shop = readFileSync(new URL('../examples/demo/shop.ts', import.meta.url), 'utf8')
  const lines = said.split('\n').filter((line) => /^ {6}\S/.test(line))
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(shop, 'the lines it shows are lines of the shop').toContain(line.trim())
}
