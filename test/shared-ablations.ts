/*
 * Ablations of what holds among processes: leases, the channel, and what is believed because of it.
 */

import type { Ablation } from './ablations.ts'

export const sharedAblations: readonly Ablation[] = [
  // ---- who may share a load ----------------------------------------------------------------------------------------
  {
    what: 'who was told that another has the lease does not share the load under way',
    find: `return wanted.holder === open.lease ? 'yes' : 'no'`,
    replace: `return 'yes'`,
    seenBy: 'who comes after a deletion elsewhere does not share a load from before it',
  },
  {
    what: 'who asks later is not answered by what a waiting load had asked for before',
    find: `flight.answeredBy === look ? again() : value`,
    replace: `value`,
    seenBy:
      'who comes after a deletion elsewhere is not answered by what a waiting load had asked for before it',
  },
  {
    what: 'who was not told who has the lease finds out',
    find: `if (wanted.holder === undefined) return 'unsure'`,
    replace: `if (wanted.holder === undefined) return 'yes'`,
    seenBy:
      'who finds a stale record shares the load under way while that has its lease, and not any more after that',
  },
  {
    what: 'who finds out that the load under way is still good shares it',
    find: `if (before !== undefined && before.lease === holder && holder !== token && isGood(before, wanted)) {`,
    replace: `if (before === null) {`,
    seenBy: 'who finds a stale record shares the load under way also if that is not stored',
  },
  {
    what: 'a load is good for those who find out only while it has the lease',
    find: `before !== undefined && before.lease === holder && holder !== token && isGood`,
    replace: `before !== undefined && isGood`,
    seenBy: 'who finds a stale record does not share a load that could not take a lease, if he gets one',
  },
  {
    what: 'a load that is shared after all is the one on the board again',
    find: `  if (space.flights.get(name) === flight && !before.hasEnded) space.flights.open(name, before)
`,
    replace: ``,
    seenBy: 'who comes after an invalidation does not get a load from before it by way of one that shared it',
  },
  {
    what: 'a load that may yet name an invalidated tag is not shared by those who find out',
    find: `!isGivenUp && (late === undefined || allLive(late)) && isGoodFor`,
    replace: `!isGivenUp && isGoodFor`,
    seenBy: 'who finds out that a load is still good does not take a tag from it that was invalidated before',
  },
  {
    what: 'a loader that asks for its own key is told so, also while it is found out which load that is',
    find: `each !== undefined; each = each.before) {
    if (isInside`,
    replace: `each !== undefined; each = undefined) {
    if (isInside`,
    seenBy:
      'a loader that asks for its own key fails at once, also while it is found out whether its load may be shared',
  },
  // ---- leases --------------------------------------------------------------------------------------------------------
  {
    what: 'a load is filled under its lease, which the store compares',
    find: `  if (flight.lease === undefined) space.fill(name, entry)
  else {`,
    replace: `  if (flight.lease !== null) space.fill(name, entry)
  else {`,
    seenBy: 'leases',
  },
  {
    what: 'a load without a lease is not stored',
    find: `if (space.writes.behind(name) || (space.hasLeases && flight.lease === undefined)) {`,
    replace: `if (space.writes.behind(name)) {`,
    seenBy: 'a load without a lease is not stored',
  },
  {
    what: 'who finds that another process loads the key waits for that',
    find: `if (holder === undefined || holder === token || isLate) {`,
    replace: `if (holder !== null) {`,
    seenBy: 'who waits for the load of another process is answered when it is filled',
  },
  {
    what: 'who waits is told of the fill',
    find: `filled: (key) => waiting.wake(key),`,
    replace: `filled: () => {},`,
    seenBy: 'who waits for the load of another process is answered when it is filled',
  },
  {
    what: 'who waits looks for himself now and then',
    find: `const cancel = this.#clock.after(ms, stop)`,
    replace: `const cancel = this.#clock.after(1e9 + ms, stop)`,
    seenBy: 'who waits for a process that died takes its load over, and stores what he loads',
  },
  {
    what: 'nobody waits for ever',
    find: `const isLate = clock.now() >= patientUntil || flight.isGivenUp`,
    replace: `const isLate = flight.isGivenUp && patientUntil > 0`,
    seenBy: 'who has waited for too long loads by himself, and stores nothing',
  },
  {
    what: 'marks are taken after a wait',
    find: `boarded === 'after-wait' && isWanted()`,
    replace: `boarded === undefined && isWanted()`,
    seenBy: 'who waits for a process that died takes its load over, and stores what he loads',
  },
  {
    what: 'a mark that another process has minted first is taken over',
    find: `far === 'applied' && there === undefined`,
    replace: `far === 'applied'`,
    seenBy: 'of two processes that mint a mark at once the second takes that of the first',
  },
  {
    what: 'who is going to wait does not mint marks meanwhile',
    find: `!wanted.every(({ holder, isLeased }) => holder !== undefined && !isLeased)`,
    replace: `wanted.length > 0`,
    seenBy: 'two processes that are new to a namespace load a key once',
  },
  {
    what: 'what is kept of a key is looked at again after a wait',
    find: `  wanted.old = found.overtaken ? undefined : entry
`,
    replace: ``,
    seenBy: 'who takes a load over is not offered what was deleted while he waited',
  },
  {
    what: 'the lease of a slow load is renewed',
    find: `  if (flight.lease !== undefined) again()`,
    replace: ``,
    seenBy: 'the lease of a slow load lasts as long as it runs',
  },
  {
    what: 'a load that brings nothing to store gives its lease back',
    find: `  if (flight.lease !== undefined && !flight.isFilled && !flight.isGivenUp)
    dropLease(space, name, flight.lease)
`,
    replace: ``,
    seenBy: 'a load that brings nothing to store gives its lease back',
  },
  {
    what: 'a load that is given up gives its lease back',
    find: `  flight.giveUp(reason)
  if (flight.lease !== undefined) dropLease(space, name, flight.lease)`,
    replace: `  flight.giveUp(reason)`,
    seenBy: 'leases',
  },
  {
    what: 'a load that was given up before it got its lease gives it back',
    find: `) dropLease(space, name, lease)
  else flight.lease = lease`,
    replace: ` && lease === '') return
  else flight.lease = lease`,
    seenBy: 'a load that is given up before it has got its lease leaves none behind',
  },
  {
    what: 'who does not load after all gives his lease back',
    find: `if (isLeased && holder !== undefined) dropLease(space, name, holder)`,
    replace: ``,
    seenBy: 'leases',
  },
  {
    what: 'who joins a load gives the lease back that he got himself',
    find: `if (may === 'yes' && wanted.holder !== open.lease) abandon(space, wanted.name, wanted)`,
    replace: ``,
    seenBy: 'leases',
  },
  {
    what: 'who asks again gives the lease back that he has got',
    find: `        abandon(this.space, name, found)
        found = await`,
    replace: `        found = await`,
    seenBy: 'leases',
  },
  {
    what: 'a lease that was had too late with an answer is given back',
    find: `if (this.token !== undefined) this.#takeBackLater(pending)`,
    replace: `if (this.token === null) this.#takeBackLater(pending)`,
    seenBy: 'leases',
  },
  {
    what: 'a lease that was taken too late is given back',
    find: `        () => dropLease(space, key, taking),`,
    replace: `          () => {},`,
    seenBy: 'leases',
  },
  {
    what: 'a lease is given back if the marks were not told',
    find: `if (page.isTaken(question.at))`,
    replace: `if (page === null)`,
    seenBy: 'leases, in parts',
  },
  {
    what: 'a fill of which nothing is heard gives its lease back',
    find: `    dropLease(space, key, token)
  } catch (error) {
    space.unstored`,
    replace: `  } catch (error) {
    space.unstored`,
    seenBy: 'a fill that the store lost gives the lease back',
  },
  {
    what: 'an invalidation of tags gives back the leases of loads that are doomed',
    find: `    if (this.hasLeases) this.cutInvalidated()
    return far
  }

  invalidateAll`,
    replace: `    return far
  }

  invalidateAll`,
    seenBy: 'a load whose tags were invalidated gives its lease back at once, whoever did that',
  },
  {
    what: 'so does one that was heard of',
    find: `    this.cutInvalidated()
  }

  /** Another process has changed a record`,
    replace: `  }

  /** Another process has changed a record`,
    seenBy: 'a load whose tags were invalidated gives its lease back at once, whoever did that',
  },
  {
    what: 'a load that turns out to be doomed gives its lease to the next',
    find: `  dropLease(space, wanted.name, lease)
  wanted.holder = undefined`,
    replace: ``,
    seenBy: 'who sees that a load of his process is doomed does not wait for it',
  },
  {
    what: 'a cache that closes gives back the leases it has just got',
    find: `if (this.#isClosing) page.giveBack()`,
    replace: ``,
    seenBy: 'nobody waits for who leaves: closing gives back what had just been asked for',
  },
  {
    what: 'a handle that was closed gives back the leases it has just got',
    find: `    if (this.isClosed) found.forEach((each, i) => abandon(this.space, names[i] as string, each))
`,
    replace: ``,
    seenBy: 'nobody waits for who leaves: closing gives back what had just been asked for',
  },
  {
    what: 'leases of a store that was closed are left alone',
    find: `leases === undefined || leaseCalls.isClosed) return`,
    replace: `leases === undefined) return`,
    seenBy: 'a load that lands after close asks the store for nothing',
  },
  {
    what: 'what was touched in between is expired again',
    find: `if ((await leases?.fill(full, token, entry, ttl, true)) === true) return`,
    replace: `await leases?.fill(full, token, entry, ttl, true)
    return`,
    seenBy: 'what was touched while it was being expired is not fresh afterwards',
  },
  {
    what: 'expire takes the lease from whoever loads the key',
    find: `const record = await leases?.seize(full, token, LEASE)`,
    replace: `await leases?.take(full, token, LEASE)
    const record = (await space.ask(name)) as Entry | undefined`,
    seenBy: 'what is expired while another process loads it is kept for loads that fail',
  },
  {
    what: 'a touch is done under a lease',
    find: `: touchLeased(space, name, found.own(), ttl, lease)`,
    replace: `: touched(space, name, found.own(), ttl)`,
    seenBy: 'leases',
  },
  {
    what: 'a touch robs no loader',
    find: `if (entry === undefined || ageOf(entry, clock.now()) !== 'fresh') return undefined`,
    replace: `void entry`,
    seenBy: 'a touch of what is not there robs nobody of his lease',
  },
  {
    what: 'loads of many keys leave those alone that are being loaded here',
    find: ` || space.flights.get(name) !== undefined
`,
    replace: `
`,
    seenBy: 'loads of many keys leave those alone that are being loaded',
  },
  {
    what: 'loads of many keys leave those alone that are being loaded elsewhere',
    find: `(holder !== undefined && !isLeased) || space.flights`,
    replace: `space.flights`,
    seenBy: 'loads of many keys leave those alone that are being loaded',
  },
  // ---- what is believed because of the channel -----------------------------------------------------------------------
  {
    what: 'a mark that is heard to have changed is not known any more',
    find: `    this.#ended.of(mark)
    this.#known.kill(mark)`,
    replace: `    this.#ended.of(mark)`,
    seenBy: 'what is heard to have changed is not believed',
  },
  {
    what: 'a question under way does not outweigh what is heard meanwhile',
    find: `    for (const { before } of this.#questions.values()) if (before.has(mark)) before.set(mark, 'invalidating')
`,
    replace: ``,
    seenBy: 'a token that was read before it changed, and answered after that was heard, is not believed',
  },
  {
    what: 'an answer counts for the time in which it was asked for',
    find: `home.#known.learn(mark, token, period, this.#ports.clock.now()).token`,
    replace: `home.#known.learn(mark, token, this.#ports.trust.period, this.#ports.clock.now()).token`,
    seenBy: 'a token that was read before it changed, and answered after that was heard, is not believed',
  },
  {
    what: 'trust ends a while after the last proof',
    find: ` && now - this.#provenAt <= this.#maxStaleness`,
    replace: ``,
    seenBy: 'what was remembered is not believed when nothing has been proven for too long',
  },
  {
    what: 'trust does not reach over a gap',
    find: `period === this.#period && now`,
    replace: `now`,
    seenBy: 'what was remembered before a gap is not believed after it',
  },
  {
    what: 'what is learnt before the first proof is not trusted after it',
    find: `return this.#provenAt === -Infinity ? 0 : this.#period`,
    replace: `return Math.max(1, this.#period)`,
    seenBy: 'what was learnt before anything was proven is not believed afterwards',
  },
  {
    what: 'a token on its way to the store is not trusted',
    find: `if (home.#minting.size !== 0 && home.#minting.has(mark)) return undefined`,
    replace: ``,
    seenBy: 'a token on its way to the store does not vouch for another load',
  },
  {
    what: 'what was judged last is judged again when a stamp of it has died',
    find: `if (!stamp.live || !this.#isTrusted(stamp)) return false`,
    replace: `if (!this.#isTrusted(stamp)) return false`,
    seenBy: 'what is heard to have changed is not believed',
  },
  {
    what: 'what was judged last is judged again when trust has ended',
    find: `if (!stamp.live || !this.#isTrusted(stamp)) return false`,
    replace: `if (!stamp.live) return false`,
    seenBy: 'what was remembered is not believed when nothing has been proven for too long',
  },
  {
    what: 'a load without marks is cut by what is heard',
    find: `space.#cutFlights((flight) => flight.hasBegun && flight.stamps === undefined)`,
    replace: ``,
    seenBy: 'a load without marks is not shared after something was heard to have changed',
  },
  {
    what: 'what is trusted is not asked for',
    find: `    if (known === undefined || !this.#isTrusted(known)) return undefined`,
    replace: `    if (known !== null) return undefined`,
    seenBy: 'what is remembered is believed while the channel is alive, and asks for nothing but the data',
  },
  {
    what: 'a mark is asked for once in a tick',
    find: `if (known !== undefined) return known
    const at = this.keys.push(mark) - 1`,
    replace: `const at = this.keys.push(mark) - 1`,
    seenBy: 'a mark is asked for once in a tick, whoever needs it',
  },
]
