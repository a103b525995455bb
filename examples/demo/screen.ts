/*
 * The screen: a progress line that lives, and a table. Where nobody watches (CI, a pipe) it is plain text, and only
 * the end of each progress is told.
 */

const isLive = process.stdout.isTTY && !process.env['CI']
const hasColours = isLive && !process.env['NO_COLOR']

const coloured =
  (code: number) =>
  (text: string): string =>
    hasColours ? `\u001B[${code}m${text}\u001B[0m` : text

export const bold = coloured(1)
export const dim = coloured(2)
export const red = coloured(31)
export const green = coloured(32)
export const cyan = coloured(36)

export function say(text = ''): void {
  process.stdout.write(`${text}\n`)
}

const BAR = 24
const REDRAW_EVERY = 50 // ms

export class Progress {
  readonly #title: string
  #drawn = -Infinity

  constructor(title: string) {
    this.#title = title
    this.#draw(0, '')
  }

  /** `share` is 0 to 1. */
  update(share: number, note: string): void {
    if (performance.now() - this.#drawn >= REDRAW_EVERY) this.#draw(share, note)
  }

  end(note: string): void {
    this.#clear()
    say(`  ${green('✓')} ${this.#title.padEnd(16)}  ${note}`)
  }

  #draw(share: number, note: string): void {
    if (!isLive) return
    this.#drawn = performance.now()
    const full = Math.round(Math.min(1, share) * BAR)
    this.#clear()
    process.stdout.write(
      `    ${this.#title.padEnd(16)}  ${cyan('█'.repeat(full))}${dim('░'.repeat(BAR - full))}  ${note}`,
    )
  }

  #clear(): void {
    if (isLive) process.stdout.write('\r\u001B[2K')
  }
}

/** What is compared, and how it went for each; Larder is the last. */
export type Row = readonly [what: string, ...cells: string[]]

export function table(head: Row, rows: readonly Row[]): void {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  const line = (row: Row): string =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0
        if (i === 0) return cell.padEnd(width)
        return i === row.length - 1 ? bold(cell.padStart(width)) : dim(cell.padStart(width))
      })
      .join('   ')
  say(`  ${line(head)}`)
  say(dim(`  ${'─'.repeat(widths.reduce((sum, width) => sum + width + 3, -3))}`))
  for (const row of rows) say(`  ${line(row)}`)
}

export const count = (n: number): string => n.toLocaleString('en')
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
export const milliseconds = (ms: number): string => `${ms < 1 ? ms.toFixed(3) : ms.toFixed(1)} ms`
