import * as core from '@larder/core'
import { describe, test } from 'vitest'
import { patternScenarios } from './pattern-scenarios.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { sharedScenarios } from './shared-scenarios.ts'
import { tierScenarios } from './tier-scenarios.ts'

const all: Readonly<Record<string, Scenario>> = {
  ...scenarios,
  ...sharedScenarios,
  ...tierScenarios,
  ...patternScenarios,
}

describe('ways to read what was invalidated, none of which is open', () => {
  test.for(Object.entries(all))('%s', async ([, scenario]) => {
    await scenario(core)
  })
})
