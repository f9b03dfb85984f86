// `cargo xtask test` runs this with TOKENSCOPE_BIN, TOKENSCOPE_SITE and CHROMIUM set; by hand:
//   TOKENSCOPE_BIN=$PWD/../target/debug/tokenscope TOKENSCOPE_SITE=… npx playwright test
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [['list', { printSteps: false }]],
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    // Far from any organization's zone: a page that read the browser's zone would differ from
    // what the server rendered.
    timezoneId: 'Pacific/Auckland',
    colorScheme: 'light',
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] || '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
