/** Live outputs in a real Lab: a data frame's grid asks its kernel, becomes a picture and a cell, and outlives the kernel. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';

test.setTimeout(600_000);

const MAKE = `
%load_ext mlnb
import numpy as np, pandas as pd
rng = np.random.default_rng(5)
n = 60_000
trips = pd.DataFrame({
    "id": np.arange(n),
    "city": rng.choice(["Lima", "Rome", "Oslo", "Accra"], n, p=[.4, .3, .2, .1]),
    "started": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365 * 24 * 60, n), unit="min"),
    "price": rng.gamma(2.0, 8.0, n).round(2),
    "late": rng.random(n) < 0.2,
})
trips.loc[n - 1, "city"] = "Ushuaia"
trips
`;

async function shot(
  page: { screenshot: (options: { path: string }) => Promise<unknown> },
  name: string
): Promise<void> {
  if (process.env.MLNB_SHOTS) {
    await page.screenshot({ path: `${process.env.MLNB_SHOTS}/${name}.png` });
  }
}

test('a frame is sorted, filtered, searched, drawn and still readable without its kernel', async ({
  page,
  tmpPath
}) => {
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.notebook.createNew();
  await page.notebook.addCell('code', MAKE);
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);

  const frame = page.getByRole('region', { name: 'Data frame trips' });
  const grid = frame.getByRole('grid', { name: 'Rows of trips' });
  await expect(grid).toBeVisible({ timeout: 30_000 });
  const note = frame.locator('.jp-mlnb-Bar-note');
  await expect(note).toHaveText('60,000 rows, the first 10,000 shown', {
    timeout: 60_000
  });
  await shot(page, 'grid');

  // The last row is found by its text, far behind the rows in the output.
  const search = frame.getByRole('searchbox', { name: 'Search all rows' });
  await search.fill('ushu');
  await expect(note).toHaveText('1 of 60,000 rows');
  await expect(grid.getByRole('gridcell', { name: '59999' })).toBeVisible();
  await search.fill('');
  await expect(note).toHaveText('60,000 rows, the first 10,000 shown');

  // Nothing serious for those who see or point differently.
  const { violations } = await new AxeBuilder({ page })
    .include('.jp-mlnb-View.jp-mod-output')
    .analyze();
  expect(
    violations
      .filter(one => one.impact === 'serious' || one.impact === 'critical')
      .map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`)
  ).toEqual([]);

  // Keys in the grid are the grid's: the notebook keeps its cells.
  const cells = await page.notebook.getCellCount();
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('d');
  await page.keyboard.press('d');
  expect(await page.notebook.getCellCount()).toBe(cells);

  const id = grid.getByRole('columnheader', { name: 'id' });
  await id.click();
  await expect(id).toHaveAttribute('aria-sort', 'ascending');
  await id.click();
  await expect(
    grid.getByRole('row').nth(1).getByRole('gridcell').first()
  ).toHaveText('59999');

  await frame.getByRole('button', { name: 'Filter by column' }).click();
  await frame
    .getByRole('combobox', { name: 'Column', exact: true })
    .selectOption('price');
  await frame
    .getByRole('combobox', { name: 'Condition', exact: true })
    .selectOption('>');
  await frame.getByRole('textbox', { name: 'Value' }).fill('100');
  await frame.getByRole('button', { name: 'Apply' }).click();
  await expect(note).toHaveText(/^\d+ of 60,000 rows$/);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    frame.getByRole('button', { name: 'CSV' }).click()
  ]);
  expect(download.suggestedFilename()).toBe('trips.csv');
  await shot(page, 'filtered');

  await frame.getByRole('tab', { name: 'Chart' }).click();
  await frame
    .getByRole('combobox', { name: 'Show', exact: true })
    .selectOption('mean');
  await frame
    .getByRole('combobox', { name: 'of', exact: true })
    .selectOption('price');
  await frame
    .getByRole('combobox', { name: 'Colour', exact: true })
    .selectOption('city');
  await expect(frame.locator('.js-plotly-plot .legend')).toBeVisible({
    timeout: 30_000
  });
  await expect(frame.getByText('all 60,000 rows')).toBeVisible();
  await shot(page, 'chart');
  await frame.getByRole('button', { name: 'Insert as cell' }).click();
  await expect.poll(async () => page.notebook.getCellCount()).toBe(cells + 1);
  const inserted = (): Promise<string | null> =>
    page.notebook.getCellTextInput(last + 1);
  await expect
    .poll(inserted)
    .toContain(
      'trips.groupby([pd.Grouper(key="started", freq="W-MON", label="left", closed="left"), "city"], dropna=False)["price"].mean()'
    );
  await page.notebook.runCell(last + 1, true);
  const output = await page.notebook.getCellOutputLocator(last + 1);
  expect(await output?.textContent()).not.toContain('Error');

  await frame.getByRole('tab', { name: 'Rows' }).click();
  await page.theme.setDarkTheme();
  await frame.scrollIntoViewIfNeeded();
  await shot(page, 'dark');

  // A kernel that is at work answers beside it.
  await page.notebook.addCell(
    'code',
    'import os, time; _ = [time.sleep(0.1) for _ in iter(lambda: os.path.exists("enough"), True)]; "slept"'
  );
  void page.notebook.runCell(last + 2).catch(() => undefined);
  const busy = page.locator('.jp-Cell').nth(last + 2);
  await expect(busy).toContainText('[*]');
  const before = (await note.textContent()) ?? '';
  await search.fill('rome');
  await expect(note).not.toHaveText(before);
  await expect(note).toHaveText(/of 60,000 rows/);
  await expect(busy).toContainText('[*]');
  await search.fill('');
  await page.contents.uploadContent('', 'text', `${tmpPath}/enough`);
  await expect(busy.locator('.jp-OutputArea-output')).toHaveText("'slept'", {
    timeout: 30_000
  });

  // The kernel dies, and another one takes its place: it has none of the rows.
  await page.notebook.addCell('code', 'import os; os._exit(1)');
  const deadly = (await page.notebook.getCellCount()) - 1;
  void page.notebook.runCell(deadly).catch(() => undefined);
  const dialog = page.getByRole('dialog', { name: /Kernel Restarting/ });
  await dialog.getByRole('button', { name: 'Ok' }).click({ timeout: 60_000 });
  await expect(frame.locator('xpath=..')).toContainText('run the cell again', {
    timeout: 30_000
  });
  await expect(
    grid.getByRole('gridcell', { name: 'Lima' }).first()
  ).toBeVisible();
  await expect(search).toBeHidden();
  await shot(page, 'gone');
});

test('the same grid is a widget where our extension is not, and a profile is live beside it', async ({
  page
}) => {
  await page.setViewportSize({ width: 1280, height: 1100 });
  await page.notebook.createNew();
  await page.notebook.addCell(
    'code',
    MAKE.replace(
      /trips\n$/,
      'from mlnb.display import show\nshow(trips, name="trips").widget()'
    )
  );
  const first = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(first, true);
  const frame = page.getByRole('region', { name: 'Data frame trips' });
  const note = frame.locator('.jp-mlnb-Bar-note');
  await expect(note).toHaveText('60,000 rows, the first 10,000 shown', {
    timeout: 60_000
  });
  await frame.getByRole('searchbox', { name: 'Search all rows' }).fill('ushu');
  await expect(note).toHaveText('1 of 60,000 rows');
  await frame.getByRole('tab', { name: 'Chart' }).click();
  await expect(frame.locator('.js-plotly-plot')).toBeVisible({
    timeout: 30_000
  });
  await shot(page, 'widget');

  await page.notebook.addCell('code', '%eda trips --target late');
  await page.notebook.runCell(first + 1, true);
  const output = page.locator('.jp-Cell').nth(first + 1);
  await expect(output.locator('.jp-mlnb-View.jp-mod-output')).toBeVisible({
    timeout: 60_000
  });
  await expect(output).not.toContainText('run the cell again');
  await output.scrollIntoViewIfNeeded();
  await shot(page, 'profile');
});
