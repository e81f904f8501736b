/** A volume from the tree: made, filled, read back, and a file of it imported. */
import { expect, test } from '@jupyterlab/galata';

test.setTimeout(300_000);

test('a volume is made in a schema, takes a file, gives it back, and the file becomes a table', async ({
  page
}) => {
  await page.sidebar.openTab('mlnb-catalog');
  const tree = page.getByRole('tree', { name: 'Catalog' });
  await tree
    .getByRole('treeitem', { name: /^default/ })
    .click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'New volume…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('incoming');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await tree.getByRole('treeitem', { name: /^default/ }).click();
  await tree.getByRole('treeitem', { name: /incoming, volume/ }).click();

  const volume = page.getByRole('article', { name: 'incoming' });
  await expect(volume.getByText('No files here')).toBeVisible();
  await volume.getByLabel('Files to upload').setInputFiles({
    name: 'rows 1.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('id,zip\n1,00501\n2,06390\n')
  });
  const link = volume.getByRole('link', { name: 'Download rows 1.csv' });
  await expect(link).toBeVisible();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    link.click()
  ]);
  expect(download.suggestedFilename()).toBe('rows 1.csv');

  await volume
    .getByRole('button', { name: 'Import rows 1.csv into a table' })
    .click();
  await expect(
    page
      .getByRole('article', { name: 'rows 1.csv' })
      .getByRole('combobox', { name: 'Type of zip' })
  ).toHaveValue('string', { timeout: 30_000 });
});
