import * as core from '@larder/core'
import { describe, test } from 'vitest'
import { type Scenario, scenarios } from './scenarios.ts'
import { sharedScenarios } from './shared-scenarios.ts'
import { tierScenarios } from './tier-scenarios.ts'

describe('ways to read what was invalidated, none of which is open', () => {
  test.for(Object.entries<Scenario>({ ...scenarios, ...sharedScenarios, ...tierScenarios }))(
    '%s',
    async ([, scenario]) => {
      await scenario(core)
    },
  )
})
