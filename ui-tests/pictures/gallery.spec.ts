/**
 * The pages in a real Lab, filled by the server in memory that the components' tests use.
 * Writes into `gallery/`, which is not committed.
 */
import { expect, test } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';

import { FakeServer } from '../../ui/src/testing/fakeServer';
import { demoRoutes } from '../../ui/src/testing/fixtures';
import { monitorRoutes } from '../../ui/src/testing/fixtures.monitors';
import { STATUS } from '../../ui/src/testing/status';
import { ApiError } from '../../ui/src/api/errors';

const THEMES = ['JupyterLab Light', 'JupyterLab Dark'];
const PANELS = ['catalog', 'experiments', 'registry', 'monitors'];

/** Name of the picture, address, and what must be seen before it is taken. */
const PAGES: [string, string, string | RegExp][] = [
  ['table', 'mlnb:table/main.raw.flights', /version 2/],
  ['schema', 'mlnb:table/main.raw.flights?tab=schema', 'Missing values'],
  ['history', 'mlnb:table/main.raw.flights?tab=history', 'in view'],
  ['runs', 'mlnb:experiment/1', /14 runs/],
  ['run', 'mlnb:run/f3ad0c9d5a2b4f56a0bce7b1e4a9d211', 'num_leaves'],
  [
    'evaluation',
    'mlnb:run/f3ad0c9d5a2b4f56a0bce7b1e4a9d211?tab=evaluation',
    'Open version 3'
  ],
  ['monitor', 'mlnb:monitor/main.ml.flights_payload_rows', 'Accuracy'],
  [
    'alerts',
    'mlnb:monitor/main.ml.flights_payload_rows?tab=alerts',
    'Decide now'
  ],
  ['job-run', 'mlnb:job-run/16', 'never reached'],
  ['job-run-live', 'mlnb:job-run/17', '2 of 4 cells'],
  ['job', 'mlnb:job/7', 'Run now']
];

async function serve(page: Page): Promise<void> {
  const server = new FakeServer({
    'GET api/1.0/status': STATUS,
    'GET api/1.0/journal': { events: [], last_id: 0, gap: false },
    ...demoRoutes(),
    ...monitorRoutes()
  });
  await page.route(/\/mlnb\/(api|serving-endpoints)\//, async route => {
    const url = new URL(route.request().url());
    const path = url.pathname.split('/mlnb/')[1];
    try {
      const answer = await server.request(path, {
        method: route.request().method() as 'GET',
        query: Object.fromEntries(url.searchParams),
        body: route.request().postDataJSON() as unknown
      });
      await route.fulfill({ json: answer });
    } catch (error) {
      const { status, code, message } = error as ApiError;
      await route.fulfill({ status, json: { error_code: code, message } });
    }
  });
}

for (const theme of THEMES) {
  const suffix = theme.split(' ').pop()?.toLowerCase() ?? '';
  test(`pictures in ${theme}`, async ({ page }) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await serve(page);
    await page.goto();
    await page.theme.setTheme(theme);
    for (const panel of PANELS) {
      const id = `mlnb-${panel}`;
      if ((await page.locator(`#${id}`).count()) === 0) {
        continue;
      }
      await page.sidebar.openTab(id);
      await expect(page.locator(`#${id} [aria-busy="true"]`)).toHaveCount(0);
      await page.waitForTimeout(400);
      await page
        .locator('#jp-left-stack')
        .screenshot({ path: `gallery/panel-${panel}-${suffix}.png` });
    }
    await page.sidebar.openTab('mlnb-catalog');
    for (const [name, address, sign] of PAGES) {
      await page.evaluate(
        target =>
          window.jupyterapp.commands.execute('mlnb:open', { address: target }),
        address
      );
      await expect(
        page.locator('.jp-mlnb-Document:visible').getByText(sign).first()
      ).toBeVisible();
      await page.waitForTimeout(1200);
      await page.screenshot({ path: `gallery/${name}-${suffix}.png` });
    }
  });
}
