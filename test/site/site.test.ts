/*
 * The site of the docs, built and opened in a real browser: it renders in both lights, search finds, every link and anchor
 * leads somewhere, nothing is asked of anybody else, and what the start page says to type works.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from './browser.ts'
import { serve, type Served } from './serve.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const START_IS_SLOW = 240_000 // ms: a build, and perhaps a browser to be fetched

let folder: string
let served: Served
let browser: Browser
let context: BrowserContext
let page: Page
/** Of every page that was opened here. */
const requested = new Set<string>()
const complaints: string[] = []

beforeAll(async () => {
  mkdirSync(path.join(root, 'node_modules/.cache'), { recursive: true })
  folder = mkdtempSync(path.join(root, 'node_modules/.cache/site-'))
  const built = spawnSync(process.execPath, ['scripts/site.mjs', '--out', path.join(folder, 'site')], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(built.stderr + built.stdout).toContain('build complete')
  served = await serve(path.join(folder, 'site'))
  browser = await openBrowser()
  context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1_280, height: 900 } })
  context.on('request', (request) => requested.add(request.url()))
  context.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    if (why !== 'net::ERR_ABORTED') complaints.push(`${why}: ${request.url()}`) // we went on before it was there
  })
  context.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`)
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  page = await context.newPage()
}, START_IS_SLOW)

afterAll(async () => {
  await browser?.close()
  await served?.close()
  rmSync(folder, { recursive: true, force: true })
})

const pages = (): string[] =>
  readdirSync(path.join(folder, 'site'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html') && file !== '404.html')
    .toSorted()

/** Opened, and taken over by its program. */
async function open(file: string): Promise<void> {
  await page.goto(`${served.url}/${file}`)
  await page.waitForFunction(`document.querySelector('#app')?.__vue_app__ !== undefined`)
}

const background = (): Promise<string> =>
  page.evaluate<string>(`getComputedStyle(document.body).backgroundColor`)

describe('the site', () => {
  test('shows a page with its heading, its sidebar and its code', async () => {
    await open('start.html')
    expect(await page.title()).toBe('Start | Larder')
    expect(await page.locator('h1').innerText()).toContain('Start')
    expect(await page.locator('.VPSidebar a').allInnerTexts()).toEqual(
      expect.arrayContaining(['Start', 'Tags', 'Guarantees']),
    )
    expect(await page.locator('.language-ts .line').count()).toBeGreaterThan(20)
  })

  test('keeps to itself what only the compiler of the tests is told', async () => {
    const given = 'declare const db'
    expect(readFileSync(path.join(root, 'docs/tags.md'), 'utf8')).toContain(given)
    const texts = readdirSync(path.join(folder, 'site'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /^(tags\.html|assets\/.*(tags\.md|localSearch).*\.js)$/.test(file))
      .map((file) => readFileSync(path.join(folder, 'site', file), 'utf8'))
    expect(texts.length).toBeGreaterThan(2)
    for (const text of texts) expect(text).not.toContain('&lt;!--')
    for (const text of texts) expect(text).not.toContain('interface Product')
  })

  test('has a light and a dark side, as the reader’s machine wishes or by a switch', async () => {
    await open('start.html')
    const light = await background()
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.waitForFunction(`document.documentElement.classList.contains('dark')`)
    const dark = await background()
    expect(dark).not.toBe(light)
    await page.emulateMedia({ colorScheme: 'light' })
    await page.waitForFunction(`!document.documentElement.classList.contains('dark')`)
    await page.locator('.VPNavBarAppearance button').click()
    await page.waitForFunction(`document.documentElement.classList.contains('dark')`)
    await page.locator('.VPNavBarAppearance button').click()
  })

  test('is found in by a word', async () => {
    await open('index.html')
    await page.keyboard.press('Control+k')
    await page.locator('.VPLocalSearchBox input').fill('refreshEvery')
    const found = page.locator('.VPLocalSearchBox a.result[href$="/warming.html#refreshevery"]')
    await found.waitFor()
    expect(await found.innerText()).toContain('refreshEvery')
    await found.click()
    await page.waitForURL(/warming\.html#refreshevery$/)
    await page.locator('h1', { hasText: 'Warming' }).waitFor() // the address changes before the page does
  }, 120_000)

  test('fits on a telephone: tables and figures scroll, pages do not', async () => {
    await page.setViewportSize({ width: 390, height: 800 })
    for (const file of ['index.html', 'start.html', 'options.html', 'guarantees.html']) {
      await open(file)
      expect(await page.evaluate<number>(`document.documentElement.scrollWidth`), file).toBeLessThanOrEqual(
        390,
      )
    }
    await page.setViewportSize({ width: 1_280, height: 900 })
  })

  test('has no link that leads nowhere, on any page', async () => {
    const anchors = new Map<string, ReadonlySet<string>>()
    const links: (readonly [from: string, to: string])[] = []
    for (const file of pages()) {
      await open(file)
      anchors.set(
        `/${file}`,
        new Set(await page.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map(({ id }) => id)`)),
      )
      const found = await page.evaluate<string[]>(
        `[...document.querySelectorAll('a[href]')].map(({ href }) => href)`,
      )
      for (const to of new Set(found)) links.push([file, to])
    }
    const broken = links.filter(([, to]) => {
      const { origin, pathname, hash } = new URL(to)
      if (origin !== served.url) return !to.startsWith('https://')
      const ids = anchors.get(pathname.endsWith('/') ? `${pathname}index.html` : pathname)
      return ids === undefined || (hash !== '' && !ids.has(decodeURIComponent(hash.slice(1))))
    })
    expect(broken).toEqual([])
    expect(links.length).toBeGreaterThan(500)
  }, 180_000)

  test('says on its start page what works when it is typed', async () => {
    await open('start.html')
    const program = await page.locator('.language-ts code').first().innerText()
    const output = await page.locator('.language-text code').first().innerText()
    const file = path.join(folder, 'typed.mts')
    writeFileSync(file, program)

    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@larder/source', '--import', 'tsx', file],
      { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    )

    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout.trim()).toBe(output.trim())
  }, 120_000)

  test('asks nobody but the one who serves it, and gets all it asks for', () => {
    const others = [...requested].filter(
      (url) => !url.startsWith(`${served.url}/`) && !url.startsWith('data:'),
    )
    expect(others).toEqual([])
    expect(complaints).toEqual([])
    expect(requested.size).toBeGreaterThan(pages().length)
  })
})
