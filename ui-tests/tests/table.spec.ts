/** A table's past in a real Lab: two versions compared, one restored and undone; where a column comes from. */
import { expect, test } from '@jupyterlab/galata';

test.setTimeout(600_000);

const MAKE = `
import mlnb, pyarrow as pa
ws = mlnb.workspace()
ws.catalog.create_schema("main.past", if_not_exists=True)
rows = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "city": ["Lima", "Berlin", "Rome"], "price": [1.5, 2.5, 4.0]})
orders = ws.catalog.create_table("main.past.orders", rows, primary_key="id", mode="replace")
_ = orders.append(pa.table({"id": pa.array([4], pa.int64()), "city": ["Oslo"], "price": [9.0]}))
_ = orders.update({"price": "price * 2"}, "id = 2")
_ = ws.sql("CREATE OR REPLACE TABLE main.past.by_city AS SELECT city, sum(price) AS total FROM main.past.orders GROUP BY city")
print("made")
`;

test('versions are compared, restored and restored back; a column leads to its source', async ({
  page
}) => {
  await page.notebook.createNew();
  await page.notebook.addCell('code', MAKE);
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);
  expect((await page.notebook.getCellTextOutput(last))?.join('')).toContain(
    'made'
  );

  const open = (address: string): Promise<unknown> =>
    page.evaluate(
      target =>
        window.jupyterapp.commands.execute('mlnb:open', { address: target }),
      address
    );
  await open('mlnb:table/main.past.orders?tab=history');
  const orders = page.getByRole('article', { name: 'orders' });
  const versions = orders.getByRole('table', {
    name: 'Versions of main.past.orders'
  });
  await expect(versions).toBeVisible({ timeout: 30_000 });
  const newest = (await versions.getByRole('row').count()) - 2;

  // What the last two commits changed, row by row.
  await orders.getByLabel(`Mark version ${newest} for comparing`).check();
  await orders.getByLabel(`Mark version ${newest - 2} for comparing`).check();
  await orders
    .getByRole('button', { name: `Compare ${newest - 2} with ${newest}` })
    .click();
  const rows = orders.getByRole('table', { name: 'Rows that differ' });
  await expect(rows.getByRole('row', { name: /changed 2 Berlin/ })).toBeVisible(
    { timeout: 30_000 }
  );
  await expect(rows.locator('del')).toHaveText('2.5');
  await expect(rows.locator('ins')).toHaveText('5');
  await expect(rows.getByRole('row', { name: /added 4 Oslo/ })).toBeVisible();

  // Back to the first version, and back again.
  await orders.getByRole('button', { name: 'All versions' }).click();
  await orders
    .getByRole('button', { name: `Restore version ${newest - 2}…` })
    .click();
  const panel = orders.getByRole('region', {
    name: `Restore version ${newest - 2}`
  });
  await expect(panel).toContainText('1 row changes back, 1 row goes.');
  await panel
    .getByRole('button', { name: `Restore version ${newest - 2}` })
    .click();
  await expect(
    versions.getByRole('row', { name: new RegExp(`^.*${newest + 1}.*restore`) })
  ).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(
    versions.getByRole('row', { name: new RegExp(`^.*${newest + 2}.*restore`) })
  ).toBeVisible({ timeout: 30_000 });

  // The total is made of the price.
  await open(
    'mlnb:table/main.past.by_city?tab=lineage&level=column&column=total'
  );
  const lineage = page.getByRole('group', {
    name: 'Lineage of main.past.by_city'
  });
  const source = lineage.getByRole('button', {
    name: /table, main\.past\.orders/
  });
  await expect(source).toBeVisible({ timeout: 30_000 });
  await expect(lineage.getByText('price')).toBeVisible();
  await source.click();
  await expect(orders).toBeVisible();
});
