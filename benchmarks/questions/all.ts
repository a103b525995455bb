/* All questions that are answered by timing candidates in rounds. `heap` is measured in another way. */
import type { Question } from '../harness/question.ts'
import hit from './hit.ts'
import namespace from './namespace.ts'
import peek from './peek.ts'
import set from './set.ts'
import tags from './tags.ts'

export const questions: readonly Question[] = [hit, peek, tags, namespace, set]
