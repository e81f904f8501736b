/** The catalog's screens in three themes: nothing that an automatic check calls serious or critical, and a way by keys alone. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

test.setTimeout(900_000);

const THEMES = [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
];

const MAKE = `
import mlnb, pyarrow as pa
ws = mlnb.workspace()
ws.catalog.create_schema("main.access", if_not_exists=True)
rows = pa.table({"id": pa.array(range(60), pa.int64()), "city": ["Lima", "Rome"] * 30})
orders = ws.catalog.create_table("main.access.orders", rows, primary_key="id", mode="replace")
_ = orders.update({"city": "'Oslo'"}, "id < 50")
_ = ws.sql("CREATE OR REPLACE TABLE main.access.by_city AS SELECT city, count(*) AS n FROM main.access.orders GROUP BY city")
print("made")
`;

/** What must be seen before a page is looked at. */
const PAGES: [string, string | RegExp][] = [
  ['mlnb:table/main.access.orders', /version 1/],
  ['mlnb:table/main.access.orders?tab=schema', 'Missing values'],
  ['mlnb:table/main.access.orders?tab=history', 'in view'],
  ['mlnb:table/main.access.orders?tab=history&compare=0..1', 'Oslo'],
  ['mlnb:table/main.access.orders?tab=lineage', 'by_city'],
  ['mlnb:table/main.access.orders?tab=lineage&show=list', 'What is made of it'],
  ['mlnb:table/main.access.orders?tab=grants', 'Owner'],
  ['mlnb:table/main.access.orders?tab=insights', 'Reads by day'],
  ['mlnb:import/new', /Import/]
];

async function make(page: IJupyterLabPageFixture): Promise<void> {
  await page.notebook.createNew();
  await page.notebook.addCell('code', MAKE);
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);
  expect((await page.notebook.getCellTextOutput(last))?.join('')).toContain(
    'made'
  );
}

test('no screen has a serious fault in any theme', async ({ page }) => {
  await make(page);
  await page.sidebar.openTab('mlnb-catalog');
  const faults: string[] = [];
  for (const theme of THEMES) {
    await page.theme.setTheme(theme);
    for (const [address, sign] of PAGES) {
      await page.evaluate(
        target =>
          window.jupyterapp.commands.execute('mlnb:open', { address: target }),
        address
      );
      const shown = page.locator('.jp-mlnb-Document:visible');
      await expect(shown.getByText(sign).first()).toBeVisible({
        timeout: 30_000
      });
      const found = await new AxeBuilder({ page })
        .include('#mlnb-catalog')
        .include('.jp-mlnb-Document:not(.lm-mod-hidden)')
        .analyze();
      for (const { id, impact, nodes } of found.violations) {
        if (impact === 'serious' || impact === 'critical') {
          faults.push(`${theme}, ${address}: ${id} ${nodes[0].html}`);
        }
      }
    }
  }
  expect(faults).toEqual([]);
});

test('a table is found, opened and left by keys alone', async ({ page }) => {
  await make(page);
  await page.sidebar.openTab('mlnb-catalog');
  const tree = page.getByRole('tree', { name: 'Catalog' });
  await page.getByRole('searchbox', { name: 'Filter by name' }).focus();
  await page.keyboard.type('orders');
  await expect(
    tree.getByRole('treeitem', { name: /^orders, table/ })
  ).toBeVisible();
  // Over the buttons of the bar into the tree, which is one stop.
  for (let stop = 0; stop < 4; stop++) {
    if (await tree.evaluate(node => node === document.activeElement)) {
      break;
    }
    await page.keyboard.press('Tab');
  }
  await expect(tree).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  const orders = page.getByRole('article', { name: 'orders' });
  await expect(orders.getByRole('tab', { name: 'Preview' })).toBeVisible();
  await orders.getByRole('tab', { selected: true }).focus();
  for (const tab of [/^Schema/, 'Profile', 'History']) {
    await page.keyboard.press('ArrowRight');
    await expect(orders.getByRole('tab', { name: tab })).toHaveAttribute(
      'aria-selected',
      'true'
    );
  }
  await expect(
    orders.getByRole('table', { name: /^Versions of/ })
  ).toBeVisible();
});
