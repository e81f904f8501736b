import { existsSync } from 'node:fs';

import { defineConfig } from '@playwright/test';

const port = process.env.MLNB_TEST_PORT ?? '8888';
const baseURL = `http://127.0.0.1:${port}`;

/** The system's browser: none is downloaded. */
const chromium =
  process.env.MLNB_CHROMIUM ??
  [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome'
  ].find(existsSync);

export default defineConfig({
  testDir: './tests',
  timeout: 240_000,
  // A busy machine is slow, not wrong.
  expect: { timeout: 30_000 },
  workers: 1,
  retries: 0,
  reporter: [['list']],
  use: {
    baseURL,
    viewport: { width: 1024, height: 768 },
    actionTimeout: 60_000,
    // The browser's own recorder is not there.
    video: 'off',
    trace: 'off',
    launchOptions: {
      executablePath: chromium,
      chromiumSandbox: false,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-sync',
        '--disable-background-networking',
        '--disable-component-update'
      ]
    }
  },
  webServer: {
    command: 'jlpm start',
    url: `${baseURL}/lab`,
    timeout: 240_000,
    reuseExistingServer: !process.env.CI
  }
});
