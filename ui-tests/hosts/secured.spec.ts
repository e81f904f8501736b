import { expect, test } from '@playwright/test';

test('works behind a base address, with a token and cross-site protection, and comes back after a reload', async ({
  page
}) => {
  await page.goto('lab?reset&token=secret');
  await page.locator('[data-id="mlnb-catalog"]').click();
  await page.getByRole('treeitem', { name: 'shop' }).click();
  await page.getByRole('treeitem', { name: 'orders' }).click();
  await page.getByRole('tab', { name: /Schema/ }).click();
  await expect(page.getByRole('row', { name: /bigint/ })).toBeVisible();
  // A question that is sent as POST: the protection applies.
  await page.locator('[data-id="mlnb-experiments"]').click();
  await page.getByRole('heading', { name: /Recent Runs/ }).click();
  await expect(page.getByText('No runs yet')).toBeVisible();

  // Lab writes its layout a moment after it changed.
  await expect
    .poll(async () => {
      const answer = await page.request.get('lab/api/workspaces/default');
      const layout = await answer.text();
      return (
        layout.includes('tab=schema') &&
        layout.includes('"current": "mlnb-experiments"')
      );
    })
    .toBe(true);
  await page.goto('lab');
  await expect(page.getByRole('row', { name: /bigint/ })).toBeVisible();
  await expect(page.locator('#mlnb-experiments')).toBeVisible();
});
