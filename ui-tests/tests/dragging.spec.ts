/** The catalog beside a notebook: a table is dragged into it, and SQL is completed from it. */
import { expect, test } from '@jupyterlab/galata';

test.setTimeout(400_000);

test('a table dragged into a notebook makes a loading cell, and its columns complete in SQL', async ({
  page,
  tmpPath
}) => {
  await page.contents.uploadContent(
    'city,population\nLima,10000000\nOslo,700000\n',
    'text',
    `${tmpPath}/cities.csv`
  );
  const { baseURL } = await page.evaluate(() => ({
    baseURL: window.jupyterapp.serviceManager.serverSettings.baseUrl
  }));
  const started = await page.request.post(`${baseURL}mlnb/api/1.0/ingest`, {
    data: {
      source: [`${tmpPath}/cities.csv`],
      name: 'main.default.cities',
      mode: 'replace'
    }
  });
  expect(started.ok()).toBe(true);

  await page.notebook.createNew();
  await page.sidebar.openTab('mlnb-catalog');
  const tree = page.getByRole('tree', { name: 'Catalog' });
  await tree.getByRole('treeitem', { name: /^default/ }).click();
  const row = tree.getByRole('treeitem', { name: /^cities/ });
  await expect(row).toBeVisible({ timeout: 30_000 });

  const from = await row.boundingBox();
  const notebook = page.locator('.jp-Notebook:visible');
  const to = await notebook.boundingBox();
  if (!from || !to) {
    throw new Error('Nothing to drag.');
  }
  await page.mouse.move(from.x + 60, from.y + 12);
  await page.mouse.down();
  await page.mouse.move(to.x + 200, to.y + 200, { steps: 12 });
  // The code of drags is loaded with the first one.
  await expect(page.locator('.jp-mlnb-DragImage')).toBeVisible();
  await page.mouse.move(to.x + 210, to.y + 210, { steps: 4 });
  await page.mouse.up();
  await expect(notebook.getByText('ws.catalog.read(')).toBeVisible();

  // Lab waits a second for a completion; the first one that a server gives takes longer.
  const warm = await page.request.post(`${baseURL}mlnb/api/1.0/complete`, {
    data: { language: 'sql', text: 'SELECT', cursor: 6 }
  });
  expect(warm.ok()).toBe(true);
  await page.notebook.addCell('code', '%%sql\nSELECT * FROM main.default.ci');
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.enterCellEditingMode(last);
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Tab');
  await expect(
    page
      .locator(
        '.jp-mod-completer-enabled .jp-Completer-item, .jp-Completer-item'
      )
      .filter({ hasText: 'cities' })
      .first()
      .or(page.locator('.cm-line', { hasText: 'main.default.cities' }))
  ).toBeVisible({ timeout: 20_000 });
});

test('without a notebook in view a new one is offered, and begins with the cell', async ({
  page
}) => {
  await page.sidebar.openTab('mlnb-catalog');
  const tree = page.getByRole('tree', { name: 'Catalog' });
  await tree.getByRole('treeitem', { name: /^default/ }).click();
  await tree.getByRole('treeitem', { name: /^cities/ }).hover();
  await tree
    .getByRole('button', {
      name: 'Insert a cell that uses main.default.cities'
    })
    .click();
  await page.getByRole('button', { name: 'New notebook' }).click();
  await expect(
    page.locator('.jp-Notebook:visible').getByText('ws.catalog.read(')
  ).toBeVisible({ timeout: 20_000 });
});
