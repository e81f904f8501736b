/** Pictures of every page and theme, for a person to look at: `jlpm gallery`. Nothing is compared. */
import { defineConfig } from '@playwright/test';

import config from './playwright.config';

export default defineConfig({
  ...config,
  testDir: './pictures',
  timeout: 120_000
});
