/*
 * The site of the docs: the pages of this folder as they are, with a search and two lights, and nothing from elsewhere.
 *
 * The pages are written for a plain Git host first, so the site bends to them: anchors are those of the host, a link that
 * leaves this folder leads to the repository, README.md is the index, and a comment stays a comment.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type MarkdownOptions } from 'vitepress'
import { sidebarOf } from './sidebar.ts'

const docs = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(path.join(docs, file), 'utf8')

const { repository } = JSON.parse(read('../package.json')) as { repository: { url: string } }
const host = repository.url.replace(/^git\+|\.git$/g, '')

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0]

/** What the compiler of the tests is told in comments is not for readers: not on the page, not in the search. */
function withoutComments(md: Markdown): void {
  md.core.ruler.push('without comments', ({ tokens }) => {
    for (const token of tokens) {
      if (token.type === 'html_block') token.content = token.content.replace(/<!--[\s\S]*?-->/g, '')
    }
  })
}

/** `../packages/core/src/cache.ts` is a file of the repository. */
function linksToTheRepository(md: Markdown): void {
  md.core.ruler.push('links to the repository', ({ tokens, env }) => {
    const page = (env as { relativePath: string }).relativePath.replace(/(^|\/)index\.md$/, '$1README.md')
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href')
      if (token.type !== 'link_open' || href === null || /^(\w+:|#|\/)/.test(href)) continue
      const target = path.posix.join('docs', path.posix.dirname(page), href)
      if (!target.startsWith('docs/') || !/\.md(#|$)|\/$/.test(target)) {
        token.attrSet('href', `${host}/blob/main/${target}`)
        continue
      }
      token.attrSet('href', href.replace(/(^|\/)README\.md(?=#|$)/, '$1index.md'))
    }
  })
}

/** Anchors as Git hosts make them; test/docs.test.ts holds the same rule. */
const slugify = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

export default defineConfig({
  title: 'Larder',
  description: 'A pluggable cache for TypeScript in which you never read what you have invalidated',
  lang: 'en',
  rewrites: { 'README.md': 'index.md', ':folder/README.md': ':folder/index.md' },
  head: [['link', { rel: 'icon', href: 'data:,' }]], // none, and no request for one
  markdown: {
    anchor: { slugify },
    toc: { slugify },
    headers: { slugify },
    config(md) {
      withoutComments(md)
      linksToTheRepository(md)
    },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guarantees', link: '/guarantees' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: sidebarOf(read),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: host }],
    footer: { message: 'MIT' },
  },
})
