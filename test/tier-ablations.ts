/*
 * Ablations of what keeps copies honest, and of what they are for.
 */

import type { Ablation } from './ablations.ts'

export const tierAblations: readonly Ablation[] = [
  // ---- sequence ------------------------------------------------------------------------------------------------------
  {
    what: 'what was asked for before something was said about its key is not kept near',
    find: `return !this.#heard.isAfter(asked.changes, name)`,
    replace: `return name !== '' && asked !== undefined`,
    seenBy: 'what was asked for before an invalidation was heard is not kept after it',
  },
  {
    what: 'neither is what carries a token that has ended since it was read',
    find: `this.#ended.isAfter(ended, tag) ? undefined : tokens.get(tag)`,
    replace: `ended === -1 ? undefined : tokens.get(tag)`,
    seenBy: 'what was read before its namespace was cleared is not kept, though its tag was asked for later',
  },
  {
    what: 'neither is what was being loaded',
    find: `if (flight.asked !== undefined) space.copies?.keep(name, entry, flight.asked)`,
    replace: `if (flight.asked !== undefined) space.copies?.put(name, entry, flight.asked.since)`,
    seenBy: 'what was being loaded when an invalidation was heard is not kept',
  },
  {
    what: 'what is too long ago to be remembered counts as said about any key',
    find: `if (count < this.#floor) return true`,
    replace: ``,
    seenBy: 'who asked before more changes than are remembered keeps nothing of it',
  },
  {
    what: 'a change elsewhere drops the copy',
    find: `  recordChangedElsewhere(key: string): void {
    this.copies?.drop(key)`,
    replace: `  recordChangedElsewhere(key: string): void {
    void key`,
    seenBy: 'tiers',
  },
  {
    what: 'who keeps copies listens to the changes of records',
    find: `store.near === undefined ? 'marks' : 'everything'`,
    replace: `'marks'`,
    seenBy: 'what is heard to have changed elsewhere is not served any more',
  },
  {
    what: 'that a key was expired is told',
    find: `entry, ttl, true)) === true`,
    replace: `entry, ttl)) === true`,
    seenBy: 'what is heard to have changed elsewhere is not served any more',
  },
  {
    what: 'that a key was expired is told, though there was nothing yet',
    find: `if (record === undefined) return space.view.delete(name)`,
    replace: `if (record === undefined) return leases?.drop(full, token)`,
    seenBy: 'what was being loaded when an invalidation was heard is not kept',
  },
  {
    what: 'that a key was touched is told',
    find: `const isFilled = await fillNow(space, name, token, renewed, true)`,
    replace: `const isFilled = await fillNow(space, name, token, renewed)`,
    seenBy: 'a touch elsewhere ends a copy that would last longer',
  },
  {
    what: 'a touch ends the copy of before',
    find: `renewed, true)
  space.copies?.drop(name)`,
    replace: `renewed, true)`,
    seenBy: 'a touch ends the copy that would last longer',
  },
  {
    what: 'copies die with the marks that they carry',
    find: `this.#isBelieved(since, now) && allLive(terms.stamps)`,
    replace: `this.#isBelieved(since, now)`,
    seenBy: 'tiers, failing',
  },
  // ---- barrier -------------------------------------------------------------------------------------------------------
  {
    what: 'what this process says about a key drops its copy',
    find: `    this.#reads?.cut(key)
    this.copies?.drop(key)`,
    replace: `    this.#reads?.cut(key)`,
    seenBy: 'tiers, deaf',
  },
  {
    what: 'what this process says about a tag outweighs what it had asked about it',
    find: `lateMark(this.#path)]) this.#distrust(mark)`,
    replace: `lateMark(this.#path)]) this.#known.kill(mark)`,
    seenBy:
      'a token that was asked for before an own invalidation, and answered after its acknowledgement, is not believed',
  },
  {
    what: 'so does its acknowledgement',
    find: `    space.cut(name)
    leaseEnded(space, name)
    if (copy`,
    replace: `    leaseEnded(space, name)
    if (copy`,
    seenBy: 'what was loaded while an own deletion was on its way ends with its acknowledgement',
  },
  {
    what: 'what was set is near when it is acknowledged',
    find: `    if (copy !== undefined && sent !== undefined) space.copies?.put(name, copy, sent.asked.since)
`,
    replace: ``,
    seenBy: 'what was set is near as soon as it is acknowledged',
  },
  {
    what: 'what was set is kept only if nobody has said anything about it since it was sent',
    find: `return copies.isUntouched(name, sent.asked) && allLive`,
    replace: `return allLive`,
    seenBy: 'tiers',
  },
  {
    what: 'what the place does not take in is not near',
    find: `    this.counts.fenced++
    this.copies?.drop(key)`,
    replace: `    this.counts.fenced++`,
    seenBy: 'what a load brings that the place refuses is not kept',
  },
  {
    what: 'what the place may not have taken in is near for a while only',
    find: `if (asked !== undefined) space.copies?.keepAlone(key, entry, asked)`,
    replace: `void asked`,
    seenBy: 'what a load brings is near for a while only, if the place does not say that it has it',
  },
  {
    what: 'what cannot be written is not near',
    find: `    this.copies?.drop(key)
    if (!isCacheError`,
    replace: `    if (!isCacheError`,
    seenBy: 'what a load brings that cannot be written is not kept',
  },
  // ---- period and heartbeat ------------------------------------------------------------------------------------------
  {
    what: 'a copy from before a gap does not count after it',
    find: `period === this.#period && now`,
    replace: `now`,
    seenBy: 'a copy from before a gap does not count after it',
  },
  {
    what: 'a copy counts for the period in which it was asked for',
    find: `    this.#since = { period, until`,
    replace: `    const { trust } = this.#ports
    this.#since = { get period() { return trust.period }, until`,
    seenBy: 'a copy that was asked for before a gap does not count after it',
  },
  {
    what: 'a copy is believed while it is proven that nothing was missed',
    find: `return since.period === 0 ? now <= since.until : this`,
    replace: `return since.period > -1 ? now <= since.until : this`,
    seenBy: 'a copy counts while it is proven that nothing was missed',
  },
  {
    what: 'and no longer than maxStaleness after that',
    find: ` && now - this.#provenAt <= this.#maxStaleness`,
    replace: ``,
    seenBy: 'a copy does not count when nothing has been proven for too long',
  },
  {
    what: 'a proof counts from when it was asked for',
    find: `this.#provenAt = Math.max(this.#provenAt, since)`,
    replace: `this.#provenAt = Math.max(this.#clock.now(), since)`,
    seenBy: 'who has slept does not believe a copy for what had been proven before',
  },
  {
    what: 'where nobody tells, a copy counts for maxStaleness',
    find: `return since.period === 0 ? now <= since.until : this`,
    replace: `return since.period === 0 ? true : this`,
    seenBy: 'where nobody tells of changes a copy counts for a while',
  },
  {
    what: 'a copy that nobody could hear of any more does not count',
    find: `if (since?.owner !== this.#owner) return void this.#believed(name, found)`,
    replace: `if (since === undefined) return void this.#believed(name, found)`,
    seenBy: 'a copy of a namespace that was let go does not count when it is opened again',
  },
  {
    what: 'a copy counts for nearTtl at the most',
    find: `    if (now >= since.ends) return false
`,
    replace: ``,
    seenBy: 'a copy counts for nearTtl at the most',
  },
  // ---- while the place does not answer -------------------------------------------------------------------------------
  {
    what: 'what could not be stored is near for a while',
    find: `    copies.keepAlone(wanted.name, entryFor(space, wanted, value, [], remarks, took), flight.asked)
`,
    replace: `    void took
`,
    seenBy:
      'what is loaded while the place does not answer is near for a while, and nobody believes it because of the channel',
  },
  {
    what: 'and not believed because of the channel, that may not tell of it',
    find: `const since = { ...asked.since, period: 0 }`,
    replace: `const since = { ...asked.since }`,
    seenBy:
      'what is loaded without a lease is near for a while, and nobody believes it because of the channel',
  },
  {
    what: 'it ends with the next invalidation of tags by this process',
    find: `      space.writes.hide()
      space.copies?.invalidated()`,
    replace: `      space.writes.hide()`,
    seenBy: 'what was loaded while the place did not answer ends with the next invalidation of any tag',
  },
  {
    what: 'and by others',
    find: `      space.copies?.invalidated()
      // Those with stamps are reached`,
    replace: `      // Those with stamps are reached`,
    seenBy: 'what was loaded while the place did not answer ends with the next invalidation of any tag',
  },
  {
    what: 'a copy that is out of date is served only if that was asked for',
    find: ` || copies?.near.whenFarIsDown !== 'serve-stale') return undefined`,
    replace: ` || copies === undefined) return undefined`,
    seenBy: 'who wants to load while the place does not answer is not served what he did not ask for',
  },
  {
    what: 'and only if the place did not answer',
    find: `if (found?.tokens !== undefined || copies`,
    replace: `if (found === undefined || copies`,
    seenBy: 'a copy is not served in the place of an answer',
  },
  {
    what: 'and no longer than staleIfError allows',
    find: `return ageOf(entry, this.#ports.clock.now()) === 'dead' ? undefined : entry`,
    replace: `return entry`,
    seenBy:
      'while the place does not answer a copy is served for as long as staleIfError allows, and that is said',
  },
  {
    what: 'which counts from when the copy was known to be good',
    find: `const entry = entryOf(found.value, Math.min(found.freshUntil, wasKnown), found.terms)`,
    replace: `const entry = entryOf(found.value, wasKnown === 0 ? wasKnown : found.freshUntil, found.terms)`,
    seenBy:
      'while the place does not answer a copy is served for as long as staleIfError allows, and that is said',
  },
  {
    what: 'and never if a mark of it has died',
    find: `since?.owner !== this.#owner || !allLive(found.terms.stamps)) return undefined`,
    replace: `since?.owner !== this.#owner) return undefined`,
    seenBy: 'nobody is served what his process has invalidated, though the place does not answer',
  },
  {
    what: 'what the place was found not to have is not near',
    find: `if (own === undefined) copies?.forget(question.key, asked)
    else if`,
    replace: `if (own !== undefined) if`,
    seenBy: 'a copy that the place had no record of any more is not served when that does not answer',
  },
  // ---- a place that lacks what was said last -------------------------------------------------------------------------
  {
    what: 'what a new place may not know is said again',
    find: `for (const key of recent?.keys() ?? []) sayAgain(store, rooms, key)`,
    replace: `void [recent, sayAgain, store]`,
    seenBy: 'what a place that replaced another may not know is said again',
  },
  {
    what: 'what was acknowledged is remembered for that',
    find: `    if (said.owes) this.#ports.applied(said.key)
`,
    replace: ``,
    seenBy: 'what a place that replaced another may not know is said again',
  },
  {
    what: 'marks are said again as well',
    find: `this.background(Promise.resolve(this.#stored?.sayAgain(full)))`,
    replace: ``,
    seenBy: 'what a place that replaced another may not know is said again',
  },
  {
    what: 'while it is said again nobody asks the place',
    find: `    this.cut(name)
    this.background(Promise.resolve(this.remove(name)))`,
    replace: `    this.background((async () => this.view.delete(name))())`,
    seenBy: 'nobody reads what his process has invalidated from a place that replaced another',
  },
  {
    what: 'where too much was said, whole namespaces are remembered',
    find: `    else this.#present.add('', namespaceMark(pathOf(before + name)))
`,
    replace: ``,
    seenBy: 'where more was said than is remembered the whole namespace is distrusted',
  },
  {
    what: 'what was said long ago is forgotten',
    find: `    this.#turns += spans * SPAN
`,
    replace: `    if (spans > -1) return
`,
    seenBy: 'what was said long ago is not said again',
  },
  // ---- the rest ------------------------------------------------------------------------------------------------------
  {
    what: 'what was written behind and refused is said',
    find: `    space.unstored(name, error)
    if (sent !== undefined)`,
    replace: `    if (sent !== undefined)`,
    seenBy: 'what was written behind and cannot be written is said, and not near',
  },
  {
    what: 'who writes behind does not wait',
    find: `if (isAwaited) return far`,
    replace: `if (isAwaited || copies !== undefined) return far`,
    seenBy: 'who writes behind waits for nobody, and reads what he has written',
  },
  {
    what: 'a copy is satisfied with the schema that it has satisfied',
    find: `      space.copies?.vetted(name, found, vetted, schema)
`,
    replace: ``,
    seenBy: 'a copy that has satisfied a schema is not asked again',
  },
  {
    what: 'a copy that was dropped while a schema was asked stays away',
    find: `const kept = this.#look(name)
    if (kept === undefined || since === undefined) return`,
    replace: `const kept = this.#look(name) ?? found
    if (since === undefined) return`,
    seenBy: 'a value that satisfies its schema too late brings no copy back',
  },
  {
    what: 'a value that has satisfied a schema says nothing of one that is the same and not it',
    find: `if (kept.value !== found.value || kept.terms !== terms) return`,
    replace: `if (kept.value !== found.value) return`,
    seenBy: 'a value that satisfies its schema too late does not lend its tags to one that is the same',
  },
  {
    what: 'against an entry only the store speaks',
    find: `        if (this.#trusted(tag)?.token !== token) unknown.push(tag)`,
    replace: `        const known = this.#trusted(tag)?.token
        if (known === undefined) unknown.push(tag)
        else if (known !== token) return undefined`,
    seenBy: 'a mark that got lost and was minted anew is found out by whoever remembered it',
  },
  {
    what: 'a value that cannot be written behind takes away what was there',
    find: `    if (sent !== undefined) sent.entry = undefined
    await space.view.delete(name)`,
    replace: `    if (sent !== undefined) sent.entry = undefined`,
    seenBy: 'what was written behind and cannot be written takes away what it was to replace',
  },
]
