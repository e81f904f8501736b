/** What is made in a kernel is seen beside the notebook: the real Lab, server, workspace and kernel. */
import { expect, test } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

// The browser's clock runs on while a kernel starts on a busy machine.
test.setTimeout(400_000);

/** Run one cell in the notebook in view, and wait for its end. */
async function run(
  page: IJupyterLabPageFixture,
  source: string
): Promise<void> {
  await page.notebook.addCell('code', source);
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);
  const output = await page.notebook.getCellTextOutput(last);
  expect(output?.join('\n') ?? '').not.toMatch(/Error|Hint:/);
}

test('the panels are there and teach while there is nothing', async ({
  page
}) => {
  for (const [name, caption] of [
    ['catalog', 'Catalog'],
    ['experiments', 'Experiments'],
    ['registry', 'Registry'],
    ['monitors', 'Monitors']
  ]) {
    await page.sidebar.openTab(`mlnb-${name}`);
    const panel = page.getByRole('region', { name: caption, exact: true });
    await expect(panel).toBeVisible();
    // Every section has got an answer, and none of them is a fault.
    await expect(panel.getByRole('status', { name: 'Loading' })).toHaveCount(
      0,
      // The first of them waits for the server to make its workspace.
      { timeout: 30_000 }
    );
    await expect(panel.getByRole('alert')).toHaveCount(0);
  }
});

test('a table written in a kernel appears by itself, opens and is loaded by a cell', async ({
  page
}) => {
  const notebook = await page.notebook.createNew();
  await page.sidebar.openTab('mlnb-catalog');
  const tree = page.getByRole('tree', { name: 'Catalog' });
  await expect(tree.getByRole('treeitem', { name: /main/ })).toBeVisible();

  await run(
    page,
    'import pandas as pd, mlnb\n' +
      'ws = mlnb.workspace()\n' +
      'ws.catalog.create_schema("main.shop", if_not_exists=True)\n' +
      'frame = pd.DataFrame({"id": range(300), "price": [i / 2 for i in range(300)]})\n' +
      '_ = ws.catalog.write("main.shop.orders", frame, mode="overwrite")'
  );
  await tree.getByRole('treeitem', { name: 'shop' }).click();
  await tree.getByRole('treeitem', { name: 'orders' }).click();

  const page1 = page.getByRole('article', { name: 'orders' });
  await expect(page1.getByText('300', { exact: true })).toBeVisible();
  const grid = page1.getByRole('grid', { name: 'Rows of main.shop.orders' });
  await expect(grid).toHaveAttribute('aria-rowcount', '301');
  const price = grid.getByRole('columnheader', { name: 'price' });
  await price.click();
  await expect(price).toHaveAttribute('aria-sort', 'ascending');
  await price.click();
  await expect(grid.getByRole('gridcell', { name: '149.5' })).toBeVisible();

  await page.notebook.activate(notebook ?? '');
  await tree.getByRole('treeitem', { name: 'orders' }).hover();
  await tree
    .getByRole('button', { name: 'Insert a cell that uses main.shop.orders' })
    .click();
  await expect(
    page.locator('.jp-Notebook').getByText('orders.head()')
  ).toBeVisible();
});

test('a run made in a cell appears by itself', async ({ page }) => {
  await page.notebook.createNew();
  await page.sidebar.openTab('mlnb-experiments');
  await run(page, '%load_ext mlnb');
  await run(
    page,
    '%%mlrun --experiment shop --name first\n' +
      'import mlflow\n' +
      'mlflow.log_param("depth", 4)\n' +
      'mlflow.log_metric("auc", 0.75)'
  );
  const runs = page.getByRole('list', { name: 'Runs of this notebook' });
  const row = runs.getByRole('button', { name: /^Finished first/ }).first();
  await expect(row).toContainText('0.75');
  await row.click();
  const run1 = page.getByRole('article', { name: 'first' });
  await expect(run1.getByRole('row', { name: 'depth 4' })).toBeVisible();
  await run1.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'All Runs of shop' }).click();
  await expect(
    page
      .getByRole('article', { name: 'shop' })
      .getByRole('treegrid', { name: 'Runs' })
  ).toBeVisible();
});
