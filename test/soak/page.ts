/*
 * docs/soak.md, from the results of the soak: nobody types a figure.
 */

import { KEYS } from '../processes/places.ts'
import type { Happened } from './chaos.ts'
import type { Ablated, Published } from './results.ts'
import type { Results } from './soak.ts'

const many = (n: number): string => n.toLocaleString('en-US')
const ms = (n: number): string => (n < 10 ? n.toFixed(2) : many(Math.round(n)))
const mb = (bytes: number): string => (bytes / 1_048_576).toFixed(1)
/** What must be nothing. */
const none = (n: number): string => (n === 0 ? '**0**' : `**${many(n)}: broken**`)

const rows = (cells: readonly (readonly string[])[]): string =>
  cells.map((row) => `| ${row.join(' | ')} |`).join('\n')

const faultsOf = ({ faults }: Results): number =>
  Object.values(faults).reduce((sum, { count }) => sum + count, 0)

function promises({ counted, leftStale, maxStaleness }: Results): string {
  return rows([
    [
      `read older than an invalidation acknowledged more than ${maxStaleness} ms before`,
      none(counted.beyond),
    ],
    ['read what their own process had invalidated', none(counted.own)],
    ['answered with the value of another key', none(counted.foreign)],
    ['rejected, though only Redis or the way there had failed', none(counted.rejections)],
    ['promises whose rejection nobody heard', none(counted.unhandled)],
    ['keys that were stale when all was quiet', none(leftStale.length)],
  ])
}

function work(results: Results): string {
  const { counted, seconds, lives, processes } = results
  const changed = Object.values(counted.changes).reduce((sum, n) => sum + n, 0)
  return rows([
    ['seconds', many(Math.round(seconds))],
    ['processes at once, and in all', `${processes}, ${lives}`],
    ['faults', many(faultsOf(results))],
    ['reads', many(counted.reads)],
    ['of these, hits of near copies', many(counted.near)],
    ['of these, with a value that was judged', many(counted.judged)],
    ['loads', many(counted.loads)],
    ['loads that were not kept, since something was invalidated meanwhile', many(counted.fenced)],
    ['invalidations that Redis acknowledged', many(changed)],
    ...Object.entries(counted.changes).map(([kind, n]) => [`· by \`${NAMES[kind] ?? kind}\``, many(n)]),
    ['invalidations that were queued, and delivered later', many(counted.queued)],
    ['calls of Redis that failed', many(counted.storeFailures)],
  ])
}

const NAMES: Readonly<Record<string, string>> = { tags: 'invalidateTags' }

function staleness({ counted, maxStaleness }: Results): string {
  return rows([
    [`stale, but for less than ${maxStaleness} ms: as promised`, many(counted.stale), ms(counted.worst)],
    [
      'shared a load of their process while Redis did not answer',
      many(counted.shared),
      ms(counted.worstShared),
    ],
    ...(counted.lost === 0
      ? []
      : [['older only than what a failover had lost', many(counted.lost), ms(counted.worstLost)]]),
    [
      'beyond that, by a clock that was read earlier in their turn, in which the process was stopped',
      many(counted.stopped),
      counted.stopped === 0 ? '' : ms(counted.worstStopped),
    ],
    ['of a `set` whose process was killed before it had settled: not judged', many(counted.unjudged), ''],
  ])
}

function latency({ times, undisturbed }: Results): string {
  return rows([
    ['all', ms(times.p50), ms(times.p99), ms(times.p999), ms(times.max)],
    [
      'those in processes that were not stopped or blocked themselves',
      ms(undisturbed.p50),
      ms(undisturbed.p99),
      ms(undisturbed.p999),
      ms(undisturbed.max),
    ],
  ])
}

const faultRow = ([what, { count, recovery, never }]: [string, Happened]): string[] => {
  const { measured, p50, max } = recovery
  return [
    what,
    many(count),
    measured === 0 ? '' : ms(p50),
    measured === 0 ? '' : ms(max),
    many(measured),
    none(never),
  ]
}

const faults = (results: Results): string => rows(Object.entries(results.faults).map(faultRow))

const ablated = (ablations: readonly Ablated[]): string =>
  rows(
    ablations.map(({ what, seconds, counted, leftStale }) => [
      what,
      many(Math.round(seconds)),
      many(counted.judged),
      many(counted.beyond + counted.stopped),
      many(counted.own),
      ms(Math.max(counted.worst, counted.worstStopped)),
      many(leftStale),
    ]),
  )

export const page = ({ alone, sentinel, ablations }: Published): string =>
  `<!-- Written by scripts/soak.ts from test/soak/results. Do not edit. -->

# The soak

**TL;DR** Real processes with [two tiers](tiers.md) on a real Redis, each behind a network of its own, while everything happens to
them that can happen; and a judge that computes for every read how stale it was. ${many(alone.counted.reads)} reads,
${many(faultsOf(alone))} faults: ${many(alone.counted.beyond)} reads were older than promised, but for ${many(alone.counted.stopped)} in the very turn in which their process had been
stopped, where it does not look at the clock again at once.

\`\`\`text
  the source ◄── loads ── process 1   near ──── a network that fails ──┐
  the source ◄── loads ── process 2   near ──── a network that fails ──┼── Redis, which is stopped, killed, flushed
  the source ◄── loads ── process 3   near ──── a network that fails ──┘
\`\`\`

The source counts a version for every key, tag and namespace. Who changes something counts first and invalidates then. A value
says which versions it has seen. So the staleness of a read is no guess: its start, minus the acknowledgement of the oldest
invalidation that is newer than the value, both by the one monotonic clock of the machine. \`maxStaleness\` is
${alone.maxStaleness} ms; there are ${KEYS.length} keys in three namespaces, and tags. ${alone.node}, ${alone.server}, seed ${alone.seed}.

## What was promised

| reads that | |
|---|---|
${promises(alone)}

## What was done

| | |
|---|---|
${work(alone)}

## How stale

| reads | | at most, ms |
|---|---|---|
${staleness(alone)}

What a process that was killed had read in its last quarter of a second is not in these figures. Only what
[the guarantees](guarantees.md) exclude is excused. A \`set\` while others change the same key counts as new as what the
source said when it had settled: the order of the two is left to chance, as it is at the source.

## How long reads took

Loads are in there, which take up to 300 ms by themselves, and a deadline of Redis, which is 100 ms.

| ms | p50 | p99 | p99.9 | longest |
|---|---|---|---|---|
${latency(alone)}

## Faults, and how long until all was as usual

As usual: 25 ms in which Redis answered, nothing failed, and at least half of the reads were near hits. Where another fault came
into that, it was not measured.

| | times | p50, ms | longest, ms | measured | not within 15 s |
|---|---|---|---|---|---|
${faults(alone)}

${alone.hasCalendar ? 'A calendar jumps by one hour to a day, in one of the processes, by libfaketime.' : 'Calendars did not jump: libfaketime was not to be had.'}

## Memory of the process that lived through it all

| MB | before | after |
|---|---|---|
${rows([
  ['heap, collected', mb(alone.memory.before.heap), mb(alone.memory.after.heap)],
  ['resident', mb(alone.memory.before.resident), mb(alone.memory.after.resident)],
])}

Its judge, who remembers what was acknowledged, is in there.

## Under Sentinel

The same with a primary, two replicas and three Sentinels, without networks in between. What Redis acknowledges in the last half second before
a failover, or while it lasts, may be lost; reads that are older than that, and than nothing else, are counted by themselves.

| reads that | |
|---|---|
${promises(sentinel)}

| | |
|---|---|
${work(sentinel)}

| reads | | at most, ms |
|---|---|---|
${staleness(sentinel)}

| | times | p50, ms | longest, ms | measured | not within 15 s |
|---|---|---|---|---|---|
${faults(sentinel)}

## Without what protects

The same soak, shorter, with one mechanism taken out of the sources; as long as it takes until a promise is broken.

| without | seconds | reads judged | older than promised | own | stalest, ms | stale when quiet |
|---|---|---|---|---|---|---|
${ablated(ablations)}

## Again

| | |
|---|---|
| all of it, and this page | \`node --conditions=@larder/source --import tsx scripts/soak.ts\` |
| one part, shorter or longer, with another seed | \`… scripts/soak.ts --run alone --seconds 60 --seed 7\`: \`alone\`, \`sentinel\` or \`ablations\` |
| a small one, as in CI | \`npx --yes pnpm@12.21.0 test test/soak\` |
`
