/** A messy file becomes a table: what would be rejected is seen before, what was rejected after. */
import { expect, test } from '@jupyterlab/galata';

test.setTimeout(400_000);

const CSV =
  'shipment;zip;shipped on;weight\n' +
  Array.from(
    { length: 60 },
    (_, i) => `${i + 1};0${1000 + i};${10 + (i % 18)}/02/2024;${i / 2}\n`
  ).join('') +
  '61;01061;11/02/2024;heavy\n' +
  '62;01062;soon;3.5\n';

test('a file is imported from the file browser, its rejected lines are seen, and the table opens', async ({
  page,
  tmpPath
}) => {
  await page.contents.uploadContent(CSV, 'text', `${tmpPath}/shipments.csv`);
  await page.filebrowser.refresh();
  await page
    .locator('.jp-DirListing-item', { hasText: 'shipments.csv' })
    .click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Import into Catalog…' }).click();

  const importing = page.getByRole('article', { name: 'shipments.csv' });
  await expect(
    importing.getByRole('combobox', { name: 'Type of zip' })
  ).toHaveValue('string', { timeout: 30_000 });
  await expect(
    importing.getByRole('combobox', { name: 'Type of weight' })
  ).toHaveValue('double');
  const rejects = importing.getByRole('table', {
    name: 'Lines that would be rejected'
  });
  await expect(rejects.getByText('61;01061;11/02/2024;heavy')).toBeVisible();
  const name = importing.getByRole('textbox', { name: 'Table' });
  await expect(name).toHaveValue('main.default.shipments');
  await name.fill('main.default.shipped');
  await importing.getByRole('button', { name: 'Import 60 rows' }).click();

  await expect(
    importing.getByText('60 rows are in main.default.shipped')
  ).toBeVisible({ timeout: 60_000 });
  await importing
    .getByRole('button', { name: 'Look at the 2 rejected lines' })
    .click();
  const rejected = page.getByRole('article', { name: '_rejected_shipped' });
  await expect(
    rejected.getByRole('gridcell', { name: 'weight' })
  ).toBeVisible();

  await page.sidebar.openTab('mlnb-catalog');
  const tree = page.getByRole('tree', { name: 'Catalog' });
  await tree.getByRole('treeitem', { name: /^default/ }).click();
  const row = tree.getByRole('treeitem', { name: /^shipped/ });
  await row.click();
  await expect(
    page.getByRole('article', { name: 'shipped', exact: true })
  ).toBeVisible();

  // Into the trash by key, and back with Undo.
  await row.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Move to trash' }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toBeVisible();

  // Found by a column's name, from the keyboard alone.
  await page.keyboard.press('Control+Alt+g');
  const field = page.getByRole('combobox', { name: 'Go to' });
  await expect(field).toBeFocused();
  await field.fill('weight');
  await expect(
    page.getByRole('option', { name: /weight/ }).first()
  ).toBeVisible();
});

test('a file held over the tab of the catalog opens it, and is dropped on a schema', async ({
  page,
  tmpPath
}) => {
  await page.contents.uploadContent('a,b\n1,2\n', 'text', `${tmpPath}/two.csv`);
  await page.filebrowser.refresh();
  const file = page.locator('.jp-DirListing-item', { hasText: 'two.csv' });
  const tab = page.locator('.jp-SideBar [data-id="mlnb-catalog"]');
  const from = await file.boundingBox();
  const over = await tab.boundingBox();
  if (!from || !over) {
    throw new Error('Nothing to drag.');
  }
  await page.mouse.move(from.x + 40, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(over.x + 12, over.y + 12, { steps: 10 });
  const row = page
    .getByRole('tree', { name: 'Catalog' })
    .getByRole('treeitem', { name: /^default/ });
  await expect(row).toBeVisible({ timeout: 20_000 });
  const to = await row.boundingBox();
  if (!to) {
    throw new Error('Nowhere to drop.');
  }
  await page.mouse.move(to.x + 40, to.y + 10, { steps: 8 });
  await expect(row).toHaveAttribute('data-drop', 'true');
  await page.mouse.move(to.x + 44, to.y + 12, { steps: 2 });
  await page.mouse.up();
  await expect(
    page
      .getByRole('article', { name: 'two.csv' })
      .getByRole('textbox', { name: 'Table' })
  ).toHaveValue('main.default.two', { timeout: 30_000 });
});
