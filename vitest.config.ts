import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Tests run on the sources: packages resolve through the condition that only this repository sets.
// A list here replaces the defaults, so the defaults are repeated.
const conditions = ['@larder/source', 'module', 'node', 'development|production']
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: [here('./test/setup.ts')],
    dangerouslyIgnoreUnhandledErrors: false,
    // Two at a time on two cores; much of a test is waiting for servers and processes.
    maxWorkers: '100%',
    // Whoever starts the first server of a run may have to fetch it, on a machine that does other things as well.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes; how soon is not what such a test is about.
    expect: { poll: { timeout: 10_000 } },
    // Errors outside the type tests are for `pnpm types`, which sees all of them.
    typecheck: { enabled: true, include: ['packages/*/test/**/*.test-d.ts'], ignoreSourceErrors: true },
    reporters: process.env.CI ? ['default', here('./test/tally.reporter.ts')] : ['default'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { 'packages/core/src/**': { branches: 95 } },
    },
  },
})
