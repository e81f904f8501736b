/** The tabs of a table's page in a real Lab, light and dark, filled by the server in memory. Writes into `gallery/`. */
import { expect, test } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';

import { FakeServer } from '../../ui/src/testing/fakeServer';
import { demoRoutes } from '../../ui/src/testing/fixtures';
import { STATUS } from '../../ui/src/testing/status';
import type { ApiError } from '../../ui/src/api/errors';

const TABLE = 'mlnb:table/main.raw.flights';
const FILTERS = encodeURIComponent(
  JSON.stringify([
    { column: 'distance', op: '>', value: '500' },
    { column: 'carrier', op: 'in', values: ['UA', 'AA'] }
  ])
);

/** Name of the picture, address, what must be seen, and a button that is pressed before. */
const PAGES: [string, string, string | RegExp, string?][] = [
  ['preview-filter', `${TABLE}?filters=${FILTERS}`, 'Insert as cell'],
  ['preview-editor', TABLE, 'Apply', 'Filter by column'],
  ['preview-columns', TABLE, 'Key only', 'Columns'],
  ['history', `${TABLE}?tab=history`, 'in view'],
  ['compare', `${TABLE}?tab=history&compare=2..1`, 'gate'],
  ['restore', `${TABLE}?tab=history&compare=2..1&restore=1`, 'This undoes'],
  ['schema', `${TABLE}?tab=schema`, 'Minutes'],
  ['lineage', `${TABLE}?tab=lineage`, 'flight_labels'],
  ['lineage-column', `${TABLE}?tab=lineage&level=column`, /^late$/],
  ['grants', `${TABLE}?tab=grants`, 'analysts'],
  ['insights', `${TABLE}?tab=insights`, 'nightly report']
];
const ONLY = process.env.MLNB_PAGES?.split(',');

async function serve(page: Page): Promise<void> {
  const server = new FakeServer({
    'GET api/1.0/status': STATUS,
    'GET api/1.0/journal': { events: [], last_id: 0, gap: false },
    ...demoRoutes()
  });
  await page.route(/\/mlnb\/api\//, async route => {
    const url = new URL(route.request().url());
    try {
      const answer = await server.request(url.pathname.split('/mlnb/')[1], {
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

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  const suffix = theme.split(' ').pop()?.toLowerCase() ?? '';
  test(`table page in ${theme}`, async ({ page }) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await serve(page);
    await page.goto();
    await page.theme.setTheme(theme);
    await page.sidebar.openTab('mlnb-catalog');
    for (const [name, address, sign, button] of PAGES) {
      if (ONLY && !ONLY.includes(name)) {
        continue;
      }
      await page.evaluate(
        target =>
          window.jupyterapp.commands.execute('mlnb:open', { address: target }),
        address
      );
      const document = page.locator('.jp-mlnb-Document:visible');
      if (button) {
        await document.getByRole('button', { name: button }).first().click();
      }
      await expect(document.getByText(sign).first()).toBeVisible();
      await page.waitForTimeout(700);
      await page.screenshot({ path: `gallery/table-${name}-${suffix}.png` });
      if (button) {
        await page.keyboard.press('Escape');
      }
    }
  });
}
