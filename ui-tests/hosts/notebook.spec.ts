import { expect, test } from '@playwright/test';

test('Notebook 7 has the panels in its menu and opens a page below', async ({
  page
}) => {
  await page.goto('tree?token=secret');
  await page.waitForSelector('#main-panel');
  const sidebars = page.locator('.lm-Menu-item', { hasText: 'Left Sidebar' });
  // The menu is filled while the page starts.
  await expect(async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem', { name: 'View' }).click();
    await expect(sidebars).toBeVisible({ timeout: 1000 });
  }).toPass();
  await sidebars.hover();
  for (const caption of ['Catalog', 'Experiments', 'Registry', 'Monitors']) {
    await expect(
      page.locator('.lm-Menu-itemLabel', { hasText: `Show ${caption}` })
    ).toBeVisible();
  }
  await page.locator('.lm-Menu-itemLabel', { hasText: 'Show Catalog' }).click();
  await page.getByRole('treeitem', { name: 'shop' }).click();
  await page.getByRole('treeitem', { name: 'orders' }).click();
  const grid = page.getByRole('grid', { name: 'Rows of main.shop.orders' });
  await expect(grid).toBeVisible();
  // Tall enough to be read.
  expect((await grid.boundingBox())?.height).toBeGreaterThan(100);

  // The next page comes to the front, and the first is still there.
  await page.getByRole('treeitem', { name: 'visits' }).click();
  await expect(
    page.getByRole('grid', { name: 'Rows of main.shop.visits' })
  ).toBeVisible();
  await expect(grid).toBeHidden();
  await page.getByRole('treeitem', { name: 'orders' }).click();
  await expect(grid).toBeVisible();
});
