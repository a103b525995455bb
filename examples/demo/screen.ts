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

/** What is compared, without, with. */
export type Row = readonly [what: string, without: string, with_: string]

export function table(rows: readonly Row[]): void {
  const all: readonly Row[] = [['', 'without', 'with Larder'], ...rows]
  const [first, second, third] = [0, 1, 2].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  const line = ([what, without, with_]: Row): string =>
    `  ${what.padEnd(first ?? 0)}   ${dim(without.padStart(second ?? 0))}   ${bold(with_.padStart(third ?? 0))}`
  all.forEach((row, i) => {
    say(line(row))
    if (i === 0) say(dim(`  ${'─'.repeat((first ?? 0) + (second ?? 0) + (third ?? 0) + 6)}`))
  })
}

export const count = (n: number): string => n.toLocaleString('en')
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
export const milliseconds = (ms: number): string => `${ms < 1 ? ms.toFixed(3) : ms.toFixed(1)} ms`
