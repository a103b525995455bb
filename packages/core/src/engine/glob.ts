/*
 * Patterns for keys: `*` is any text, `?` any one character, everything else itself. Linear in time: on a mismatch
 * only the last `*` may take one character more, so no pattern can make it hang.
 */

export function matcher(pattern: string): (text: string) => boolean {
  return (text) => {
    let p = 0
    let t = 0
    let star = -1
    let taken = 0
    while (t < text.length) {
      if (p < pattern.length && pattern[p] === '*') {
        star = p++
        taken = t
      } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
        p++
        t++
      } else if (star !== -1) {
        p = star + 1
        t = ++taken
      } else {
        return false
      }
    }
    while (p < pattern.length && pattern[p] === '*') p++
    return p === pattern.length
  }
}
