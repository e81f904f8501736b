/** The catalog's panel and the pages that start there in a real Lab, light and dark. Writes into `gallery/`. */
import { expect, test } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';

import { FakeServer } from '../../ui/src/testing/fakeServer';
import { demoRoutes } from '../../ui/src/testing/fixtures';
import { importRoutes } from '../../ui/src/testing/fixtures.import';
import { STATUS } from '../../ui/src/testing/status';
import type { ApiError } from '../../ui/src/api/errors';

/** Name of the picture, address, and what must be seen before it is taken. */
const PAGES: [string, string, string | RegExp][] = [
  ['import-new', 'mlnb:import/new', 'Choose a file'],
  ['import', 'mlnb:import/data%2Fshipments.csv?to=main.raw', 'leading zeros'],
  ['import-done', 'mlnb:import/data%2Fshipments.csv?run=r1', 'Open the table'],
  ['volume', 'mlnb:volume/main.ml.reports', '2013'],
  ['function', 'mlnb:function/main.ml.minutes_late', 'RETURN']
];
const ONLY = process.env.MLNB_PAGES?.split(',');

async function serve(page: Page): Promise<void> {
  const server = new FakeServer({
    'GET api/1.0/status': STATUS,
    'GET api/1.0/journal': { events: [], last_id: 0, gap: false },
    ...demoRoutes(),
    ...importRoutes()
  });
  await page.route(/\/mlnb\/api\//, async route => {
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

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  const suffix = theme.split(' ').pop()?.toLowerCase() ?? '';
  test(`pictures in ${theme}`, async ({ page }) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await serve(page);
    await page.goto();
    await page.theme.setTheme(theme);
    await page.sidebar.openTab('mlnb-catalog');
    const tree = page.getByRole('tree', { name: 'Catalog' });
    const shot = async (name: string): Promise<void> => {
      if (!ONLY || ONLY.includes(name)) {
        await page.waitForTimeout(700);
        await page.screenshot({ path: `gallery/${name}-${suffix}.png` });
      }
    };
    await tree.getByRole('treeitem', { name: /^ml/ }).click();
    await tree.getByRole('treeitem', { name: /flight_labels/ }).hover();
    await shot('tree');
    await tree
      .getByRole('treeitem', { name: /flight_labels/ })
      .click({ button: 'right' });
    await shot('tree-menu');
    await page.keyboard.press('Escape');
    await tree.focus();
    await page.keyboard.press('F2');
    await shot('tree-comment');
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: 'Trash Section' })
      .or(page.locator('.lm-AccordionPanel-title', { hasText: 'Trash' }))
      .first()
      .click();
    await shot('trash');
    await page.getByRole('searchbox', { name: 'Filter by name' }).fill('fl');
    await shot('tree-filter');
    await page.getByRole('searchbox', { name: 'Filter by name' }).fill('');
    if (!ONLY || ONLY.includes('go-to')) {
      await page.keyboard.press('Control+Alt+g');
      await expect(page.getByRole('combobox', { name: 'Go to' })).toBeFocused();
      await page.keyboard.type('fli');
      await shot('go-to');
      await page.keyboard.press('Escape');
    }
    for (const [name, address, sign] of PAGES) {
      if (ONLY && !ONLY.includes(name)) {
        continue;
      }
      await page.evaluate(
        target =>
          window.jupyterapp.commands.execute('mlnb:open', { address: target }),
        address
      );
      await expect(
        page.locator('.jp-mlnb-Document:visible').getByText(sign).first()
      ).toBeVisible();
      await shot(name);
    }
  });
}
