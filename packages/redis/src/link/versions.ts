/*
 * Versions of servers that are known to be vulnerable where scripts may be run: below the first that are not, by branch.
 *
 * CVE-2025-49844 (any user who may run scripts can take over the server) is in every version before these, and all
 * earlier holes of that kind are closed in them too.
 */

const REDIS: readonly string[] = ['6.2.20', '7.2.11', '7.4.6', '8.0.4', '8.2.2']
const VALKEY: readonly string[] = ['7.2.11', '8.0.6', '8.1.4']

/** What to do about the version that INFO names, if anything. */
export function vulnerability(fields: ReadonlyMap<string, string>): string | undefined {
  const valkey = fields.get('valkey_version')
  const redis = fields.get('redis_version')
  const [name, version, safe] = valkey === undefined ? ['Redis', redis, REDIS] : ['Valkey', valkey, VALKEY]
  if (version === undefined || isSafe(version, safe)) return undefined
  return `${name} ${version} has known holes for users who may run scripts (CVE-2025-49844): use ${safe.join(', ')} or newer, or one your distribution has patched`
}

/** The last of the table or newer, or in a branch of the table and not older. */
function isSafe(version: string, safe: readonly string[]): boolean {
  const parts = numbers(version)
  const last = safe.at(-1) ?? ''
  if (compare(parts, numbers(last)) >= 0) return true
  return safe.some((each) => {
    const fixed = numbers(each)
    return parts[0] === fixed[0] && parts[1] === fixed[1] && compare(parts, fixed) >= 0
  })
}

function numbers(version: string): readonly number[] {
  return version.split('.').map(Number)
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
