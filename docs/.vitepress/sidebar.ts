/*
 * The sidebar is the index: docs/README.md lists every page in groups, and a test sees to that. So the order of the pages
 * is written down once, where readers on a Git host see it too.
 *
 * A page that is the index of a folder (coming-from/README.md) brings the pages that it lists, folded away.
 */
import path from 'node:path'
import type { DefaultTheme } from 'vitepress'

type Item = DefaultTheme.SidebarItem

const GROUP = /^\*\*(.+)\*\*$/
/** The first link of a line is the page; more of them are remarks. */
const ENTRY = /^(?:- |\| )\[`?([^\]`]+)`?\]\(([^)#]+\.md)\)/

export function sidebarOf(read: (file: string) => string): Item[] {
  const groups: Item[] = []
  for (const line of read('README.md').split('\n')) {
    const [, group] = GROUP.exec(line) ?? []
    if (group !== undefined) groups.push({ text: group, collapsed: false, items: [] })
    const [, text, page] = ENTRY.exec(line) ?? []
    if (text === undefined || page === undefined || page.startsWith('..')) continue
    groups.at(-1)?.items?.push({ text, link: linkTo(page), ...pagesIn(page, read) })
  }
  return groups
}

function pagesIn(index: string, read: (file: string) => string): Pick<Item, 'items' | 'collapsed'> {
  if (!index.endsWith('/README.md')) return {}
  const folder = path.posix.dirname(index)
  const items = read(index)
    .split('\n')
    .flatMap((line) => {
      const [, text, page] = ENTRY.exec(line) ?? []
      if (text === undefined || page === undefined || page.startsWith('..')) return []
      return [{ text, link: linkTo(path.posix.join(folder, page)) }]
    })
  return items.length === 0 ? {} : { items, collapsed: true }
}

const linkTo = (page: string): string => `/${page.replace(/README\.md$/, '').replace(/\.md$/, '')}`
