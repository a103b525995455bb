/*
 * What does it cost in this process to invalidate a tag of ten entries, and of ten thousand?
 *
 * Before and after it is timed, all entries are filled and invalidated; some of them must be found before that and be gone after it.
 * While it is timed they are not filled again, which only helps those who would have more to do for more entries.
 */
import type { Case, Question } from '../harness/question.ts'
import { inMemory } from '../redis/tagged.ts'
import { invalidating, lookedFor } from './redis-tags.ts'

const invalidation = (count: number): Case => ({
  name: `a tag of ${count.toLocaleString('en')} entries`,
  keys: 1,
  value: () => ({ before: lookedFor(count), after: 0 }),
  batch: 50,
  baseline: 'larder',
  candidates: inMemory.map((each) => invalidating(each, count, async () => '')),
  goals: [],
})

const invalidateTag: Question = {
  name: 'invalidate-tag',
  asks: 'What does it cost in this process to invalidate a tag of ten entries, and of ten thousand?',
  cases: [invalidation(10), invalidation(10_000)],
}

export default invalidateTag
