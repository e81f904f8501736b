/** A secured Lab as behind a hub, and Notebook 7: `jlpm test:hosts`. */
import { defineConfig } from '@playwright/test';

import config from './playwright.config';

const LAB = Number(process.env.MLNB_TEST_PORT ?? '8888') + 1;
const NOTEBOOK = LAB + 1;

const server = (
  kind: string,
  port: number,
  path: string
): { command: string; url: string; timeout: number } => ({
  command: `python hosts/serve.py ${kind} ${port}`,
  url: `http://127.0.0.1:${port}${path}api`,
  timeout: 240_000
});

export default defineConfig({
  ...config,
  testDir: './hosts',
  timeout: 240_000,
  expect: { timeout: 60_000 },
  webServer: [
    server('lab', LAB, '/user/a@b/'),
    server('notebook', NOTEBOOK, '/')
  ],
  projects: [
    {
      name: 'secured lab',
      testMatch: 'secured.spec.ts',
      use: { baseURL: `http://127.0.0.1:${LAB}/user/a@b/` }
    },
    {
      name: 'notebook 7',
      testMatch: 'notebook.spec.ts',
      use: { baseURL: `http://127.0.0.1:${NOTEBOOK}/` }
    }
  ]
});
