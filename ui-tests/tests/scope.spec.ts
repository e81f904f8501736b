/** A table profiled, its rows brushed by keys, a finding dismissed; a scope card written, refused, saved and signed: in a real Lab. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

test.setTimeout(600_000);

const MAKE = `
import mlnb, numpy as np, pyarrow as pa
ws = mlnb.workspace()
ws.catalog.create_schema("main.look", if_not_exists=True)
rng = np.random.default_rng(7)
n = 4000
wind = rng.gamma(2.0, 5.0, n)
delay = np.round(wind * 2 + rng.normal(0, 12, n), 1)
rows = pa.table({
    "trip": pa.array(range(n), pa.int64()),
    "wind": pa.array(np.where(rng.random(n) < 0.05, np.nan, wind), from_pandas=True),
    "carrier": rng.choice(["UA", "DL", "AA"], n, p=[0.5, 0.3, 0.2]).tolist(),
    "delay": pa.array(delay),
    "late": pa.array(delay > 30),
})
ws.catalog.create_table("main.look.trips", rows, primary_key="trip", mode="replace")
print("made")
`;

async function make(page: IJupyterLabPageFixture): Promise<void> {
  await page.notebook.createNew();
  await page.notebook.addCell('code', MAKE);
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);
  expect((await page.notebook.getCellTextOutput(last))?.join('')).toContain(
    'made'
  );
}

function open(page: IJupyterLabPageFixture, address: string): Promise<unknown> {
  return page.evaluate(
    target =>
      window.jupyterapp.commands.execute('mlnb:open', { address: target }),
    address
  );
}

async function faults(page: IJupyterLabPageFixture): Promise<string[]> {
  const found = await new AxeBuilder({ page })
    .include('.jp-mlnb-Document:not(.lm-mod-hidden)')
    .analyze();
  return found.violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .map(one => `${one.id}: ${one.nodes[0].html}`);
}

test('a table is profiled, its rows are brushed by keys, a leak is dismissed with a reason', async ({
  page
}) => {
  await make(page);
  await open(page, 'mlnb:table/main.look.trips?tab=profile');
  const table = page.getByRole('article', { name: 'trips' });
  await table.getByLabel('Target').selectOption('late', { timeout: 30_000 });
  await table.getByRole('button', { name: 'Profile', exact: true }).click();
  const profile = table.getByRole('region', {
    name: 'Profile of main.look.trips'
  });
  await expect(profile).toBeVisible({ timeout: 120_000 });

  // The delay decides the target.
  const findings = profile.getByRole('list', { name: 'Findings' });
  const leak = findings
    .getByRole('listitem')
    .filter({ hasText: 'blocks training' })
    .first();
  await expect(leak).toContainText('delay');

  await profile.getByRole('tab', { name: /^Columns/ }).click();
  await profile.getByRole('row', { name: 'wind' }).click();
  await profile.getByRole('slider').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+ArrowLeft');
  const chosen = profile.getByRole('list', { name: 'Chosen rows' });
  await expect(chosen).toContainText('wind >=');
  await expect(
    profile.getByRole('status').filter({ hasText: /of 4,000 rows/ })
  ).toBeVisible({ timeout: 60_000 });
  // Every other picture shows the chosen rows, too.
  await expect(
    profile
      .getByRole('row', { name: 'delay' })
      .locator('.jp-mlnb-Bars-linked rect')
      .first()
  ).toBeAttached({ timeout: 30_000 });
  await profile.getByRole('button', { name: 'Show rows' }).click();
  await expect(profile.getByRole('table', { name: 'Rows' })).toContainText(
    'UA'
  );
  await profile.getByLabel('Draw it with').selectOption('carrier');
  await expect(
    profile.getByRole('table', { name: 'wind by carrier' })
  ).toBeVisible({ timeout: 30_000 });
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await profile.getByRole('button', { name: 'Clear' }).last().click();

  await profile.getByRole('tab', { name: /^Overview/ }).click();
  await leak.getByRole('button', { name: 'Dismiss…' }).click();
  await leak.getByRole('textbox').fill('the target is made of it');
  await leak.getByRole('button', { name: 'Dismiss', exact: true }).click();
  await expect(
    profile.getByRole('button', { name: '1 dismissed' })
  ).toBeVisible({ timeout: 30_000 });
  expect(await faults(page)).toEqual([]);
});

test('a scope card is written, corrected, saved and signed', async ({
  page
}) => {
  await make(page);
  await page.sidebar.openTab('mlnb-experiments');
  const panel = page.getByRole('region', { name: 'Experiments', exact: true });
  await panel.getByRole('heading', { name: /Scope Cards/ }).click();
  await panel.getByRole('button', { name: 'New scope card' }).click();
  const form = page.getByRole('article', { name: 'New scope card' });
  const field = (name: string): ReturnType<typeof form.getByRole> =>
    form.getByRole('textbox', { name, exact: true });
  // The template stands there before anything is written.
  await expect(field('Metric of roc_auc')).toBeVisible({ timeout: 30_000 });
  await field('Name').fill('punctual_trips');
  await field('Table').fill('main.look.trips');
  await field('Column').fill('late');
  await field('Class that counts').fill('true');
  await field('Input tables').fill('main.look.trips');
  await field('Time of the event').fill('');
  await field('Columns that must not be used').fill('delay');
  await field('Key').fill('trip');
  await field('Share held out').fill('a fifth');
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(field('Share held out')).toBeFocused({ timeout: 30_000 });
  await expect(form.getByRole('alert').first()).toContainText('number');
  await field('Share held out').fill('0.2');
  await form.getByRole('button', { name: 'Create' }).click();

  const card = page.getByRole('article', { name: 'punctual_trips' });
  await expect(card).toBeVisible({ timeout: 60_000 });
  expect(await faults(page)).toEqual([]);
  await card.getByRole('tab', { name: 'Hold-out' }).click();
  await expect(card.getByText(/of the values of trip/)).toBeVisible({
    timeout: 30_000
  });
  expect(await faults(page)).toEqual([]);
  await card.getByRole('tab', { name: /^Signatures/ }).click();
  await card.getByRole('button', { name: 'Agree to version 1' }).click();
  await expect(
    card.getByText('Everybody who was asked has agreed.')
  ).toBeVisible({ timeout: 30_000 });
  expect(await faults(page)).toEqual([]);
  await card.getByRole('tab', { name: 'Card' }).click();
  await card.getByLabel('Enough when').fill('one year');
  await card.getByRole('button', { name: 'Save as version 2' }).click();
  await card.getByRole('tab', { name: /^Versions/ }).click();
  await expect(
    card.getByRole('table', { name: 'Changes from version 1' })
  ).toContainText('one year', { timeout: 30_000 });
  expect(await faults(page)).toEqual([]);
});
