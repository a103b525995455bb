import { defineConfig } from 'vitest/config'

// Tests run on the sources: packages resolve through the condition that only this repository sets.
// A list here replaces the defaults, so the defaults are repeated.
const conditions = ['@larder/source', 'module', 'node', 'development|production']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    dangerouslyIgnoreUnhandledErrors: false,
    reporters: process.env.CI ? ['default', './test/tally.reporter.ts'] : ['default'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { 'packages/core/src/**': { branches: 95 } },
    },
  },
})
