/** The first look at data, from the cell to the decision: a real table, a real kernel, what is left when the kernel is gone. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

test.setTimeout(900_000);
test.use({ actionTimeout: 60_000 });

/** A cut of the flights that left New York in 2013: late is an arrival of more than a quarter of an hour. */
const MAKE = `
%load_ext mlnb
import mlnb, pandas as pd
from mlnb.demo.data import data_folder
ws = mlnb.workspace()
ws.catalog.create_schema("main.looks", if_not_exists=True)
flights = pd.read_csv(data_folder() / "flights.csv.zip", compression="zip").dropna(subset=["arr_delay"]).sample(20_000, random_state=5)
flights["time_hour"] = pd.to_datetime(flights["time_hour"])
flights["late"] = flights.pop("arr_delay") > 15
flights = flights.sort_values("time_hour").reset_index(drop=True)
_ = ws.catalog.create_table("main.looks.flights", flights, mode="replace")
# Somebody wrote the winter's distances in kilometres.
summer, winter = flights[flights["month"].isin([6, 7, 8])], flights[flights["month"].isin([12, 1, 2])].assign(distance=lambda rows: rows["distance"] * 1.609)
`;

const CARD = `
trips = flights.drop(columns=["dep_delay", "arr_time", "dep_time"]).assign(trip=range(len(flights)))
_ = ws.catalog.create_table("main.looks.trips", trips, primary_key="trip", mode="replace")
card = {
    "target": {"table": "main.looks.trips", "column": "late", "positive": "true", "event_time": "time_hour", "horizon": "0d"},
    "problem": "classification",
    "data": {"inputs": ["main.looks.trips"], "min_rows": 5000, "forbidden": ["air_time"], "leakage": "checked"},
    "metrics": [{"name": "roc_auc", "min": 0.7, "by": ["origin"], "slice_min": 0.6}],
    "holdout": {"key": ["trip"], "fraction": 0.2, "looks": 3},
    "signoff": {"roles": [{"role": "owner", "who": ["user:*"]}]},
}
_ = ws.scopes.put("late_trips", card)
held = ws.scopes.holdouts.get("main.looks.trips")
_ = ws.scopes.holdouts.open(held.id, reason="the last model before the summer")
print(held.id)
`;

const THEMES = [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
];

async function shot(page: IJupyterLabPageFixture, name: string): Promise<void> {
  if (process.env.MLNB_SHOTS) {
    await page.screenshot({ path: `${process.env.MLNB_SHOTS}/${name}.png` });
  }
}

/** Add a cell, run it, and return it. */
async function run(
  page: IJupyterLabPageFixture,
  source: string
): Promise<Locator> {
  await page.notebook.addCell('code', source);
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);
  const cell = page.locator('.jp-Notebook .jp-Cell').nth(last);
  await expect(cell.locator('[data-mime-type*="stderr"]')).toHaveCount(0);
  return cell;
}

async function faults(
  page: IJupyterLabPageFixture,
  ...places: string[]
): Promise<string[]> {
  const found = await places
    .reduce(
      (builder, place) => builder.include(place),
      new AxeBuilder({ page })
    )
    .analyze();
  return found.violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .flatMap(one =>
      one.nodes.map(node => `${one.id}: ${node.html.slice(0, 200)}`)
    );
}

test('a table is looked at in a cell, its leaks are named, and the page outlives the kernel', async ({
  page
}) => {
  await page.setViewportSize({ width: 1280, height: 1000 });
  await page.notebook.createNew();
  await run(page, MAKE);
  const cell = await run(
    page,
    '%eda main.looks.flights --target late --time time_hour'
  );
  const profile = cell.getByRole('region', {
    name: 'Profile of main.looks.flights'
  });
  await expect(profile).toBeVisible({ timeout: 60_000 });
  await expect(profile).toContainText('20,000');

  // What is known only after the landing is named, in words.
  const findings = profile.getByRole('list', { name: 'Findings' });
  const finding = (text: RegExp): Locator =>
    findings.getByRole('listitem').filter({ hasText: text });
  await expect(finding(/blocks training/).first()).toContainText('arr_time');
  const delay = finding(/dep_delay is .*known only once/);
  await expect(delay).toBeVisible();
  await shot(page, 'explore-overview');

  // December is another world.
  await profile.getByRole('tab', { name: 'Time' }).click();
  await expect(profile.locator('circle.jp-mod-differs').last()).toBeVisible();
  await expect(
    profile.getByRole('row', { name: /2013-12/ }).first()
  ).toContainText(/differs/);
  await shot(page, 'explore-time');

  // Bars chosen by keys: every other picture follows.
  await profile.getByRole('tab', { name: /^Columns/ }).click();
  await profile.getByRole('row', { name: 'sched_dep_time' }).click();
  await profile.getByRole('slider').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+ArrowLeft');
  await expect(
    profile.getByRole('list', { name: 'Chosen rows' })
  ).toContainText('sched_dep_time >=');
  await expect(
    profile.getByRole('status').filter({ hasText: /of 20,000 rows/ })
  ).toBeVisible({ timeout: 30_000 });
  await expect(
    profile
      .getByRole('row', { name: 'month' })
      .locator('.jp-mlnb-Bars-linked rect')
      .first()
  ).toBeAttached({ timeout: 30_000 });
  await shot(page, 'explore-brushed');
  await page.keyboard.press('Escape');

  // A decision with its reason.
  await profile.getByRole('tab', { name: /^Overview/ }).click();
  await delay.getByRole('button', { name: 'Dismiss…' }).click();
  await delay.getByRole('textbox').fill('asked for after departure');
  await delay.getByRole('button', { name: 'Dismiss', exact: true }).click();
  const dismissed = profile.getByRole('button', { name: '1 dismissed' });
  await expect(dismissed).toBeVisible({ timeout: 30_000 });
  await dismissed.click();
  await expect(profile.getByText('asked for after departure')).toBeVisible();

  // Code becomes a cell, and the cell runs.
  const cells = await page.notebook.getCellCount();
  const constant = finding(/year is always 2013/);
  await constant.getByRole('button', { name: 'Fix…' }).click();
  await constant.getByRole('button', { name: 'Insert cell' }).click();
  await expect.poll(async () => page.notebook.getCellCount()).toBe(cells + 1);
  await expect
    .poll(async () => page.notebook.getCellTextInput(cells))
    .toContain('year');

  // Two sides of the same flights.
  const other = await run(page, '%eda summer --compare winter --target late');
  const comparison = other.getByRole('region', {
    name: 'Comparison of summer and winter'
  });
  await expect(comparison).toBeVisible({ timeout: 60_000 });
  await expect(
    comparison
      .getByRole('list', { name: 'Columns by how much they differ' })
      .getByRole('listitem', { name: 'distance' })
  ).toContainText('differs');
  await other.scrollIntoViewIfNeeded();
  await shot(page, 'explore-comparison');

  // The kernel starts anew: everything stays readable, nothing pretends to answer.
  await page.notebook.save();
  await page.evaluate(async () => {
    const panel = window.jupyterapp.shell.currentWidget as unknown as {
      sessionContext: { restartKernel(): Promise<void> };
    };
    await panel.sessionContext.restartKernel();
  });
  await cell.scrollIntoViewIfNeeded();
  await expect(cell).toContainText('run the cell again', { timeout: 30_000 });
  await expect(finding(/blocks training/).first()).toContainText('arr_time');
  await expect(findings.getByRole('button', { name: 'Dismiss…' })).toHaveCount(
    0
  );

  await page.theme.setDarkTheme();
  await cell.scrollIntoViewIfNeeded();
  await shot(page, 'explore-gone-dark');
  await page.theme.setLightTheme();

  // The saved notebook, opened by somebody who has no kernel at all.
  await page.notebook.save();
  const path = await page.evaluate(
    () =>
      (
        window.jupyterapp.shell.currentWidget as unknown as {
          context: { path: string };
        }
      ).context.path
  );
  await page.notebook.close(true);
  await page.evaluate(async saved => {
    await window.jupyterapp.commands.execute('docmanager:open', {
      path: saved,
      kernelPreference: { shouldStart: false, autoStartDefault: false }
    });
  }, path);
  const again = page.getByRole('region', {
    name: 'Profile of main.looks.flights'
  });
  await expect(again).toBeVisible({ timeout: 60_000 });
  await expect(again).toContainText('known only once that has happened');
  await again.getByRole('tab', { name: 'Time' }).click();
  await expect(again.locator('circle.jp-mod-differs').last()).toBeVisible();
});

test('nothing of it has a serious fault in any theme, also in a narrow cell', async ({
  page
}) => {
  await page.setViewportSize({ width: 1280, height: 1000 });
  await page.notebook.createNew();
  await run(page, MAKE);
  await run(page, CARD);
  const held = (
    await page.notebook.getCellTextOutput(
      (await page.notebook.getCellCount()) - 1
    )
  )
    ?.join('')
    .trim();
  const profile = await run(
    page,
    '%eda main.looks.flights --target late --time time_hour'
  );
  const comparison = await run(
    page,
    '%eda summer --compare winter --target late'
  );
  const frame = await run(page, 'summer');
  await expect(frame.getByRole('grid')).toBeVisible({ timeout: 30_000 });
  await frame.getByRole('tab', { name: 'Chart' }).click();
  await expect(frame.locator('.js-plotly-plot')).toBeVisible({
    timeout: 30_000
  });
  const found: string[] = [];
  for (const theme of THEMES) {
    await page.theme.setTheme(theme);
    const mark = theme.replace('JupyterLab ', '').replace(/ /g, '-');
    const check = async (what: string, place: string): Promise<void> => {
      await shot(page, `explore-${what}-${mark}`);
      for (const fault of await faults(page, place)) {
        found.push(`${theme}, ${what}: ${fault}`);
      }
    };
    await page.activity.activateTab(await notebook(page));
    for (const width of theme === THEMES[0] ? [1280, 900] : [1280]) {
      await page.setViewportSize({ width, height: 1000 });
      const size = width < 1000 ? 'narrow-' : '';
      for (const tab of width < 1000
        ? ['Columns']
        : ['Overview', 'Columns', 'Time']) {
        const handle = profile.getByRole('tab', {
          name: new RegExp(`^${tab}`)
        });
        if ((await handle.count()) > 0) {
          await handle.click();
          await handle.scrollIntoViewIfNeeded();
          await check(`${size}${tab}`, '.jp-mlnb-View.jp-mod-output');
        }
      }
      for (const [what, cell] of [
        ['comparison', comparison],
        ['grid', frame]
      ] as const) {
        await cell.scrollIntoViewIfNeeded();
        await check(`${size}${what}`, '.jp-mlnb-View.jp-mod-output');
      }
    }
    await page.setViewportSize({ width: 1280, height: 1000 });
    for (const [what, address, sign] of [
      ['table', 'mlnb:table/main.looks.flights?tab=profile', /^Overview/],
      ['scope', 'mlnb:scope/late_trips', /late_trips/],
      ['holdout', `mlnb:holdout/${held}`, /the last model before the summer/]
    ] as [string, string, RegExp][]) {
      await page.evaluate(
        target =>
          window.jupyterapp.commands.execute('mlnb:open', { address: target }),
        address
      );
      const shown = page.locator('.jp-mlnb-Document:visible');
      await expect(shown.getByText(sign).first()).toBeVisible({
        timeout: 30_000
      });
      await check(what, '.jp-mlnb-Document:not(.lm-mod-hidden)');
    }
  }
  expect(found).toEqual([]);
});

/** The name on the notebook's tab. */
async function notebook(page: IJupyterLabPageFixture): Promise<string> {
  return page.evaluate(() => {
    for (const widget of window.jupyterapp.shell.widgets('main')) {
      if (widget.title.label.endsWith('.ipynb')) {
        return widget.title.label;
      }
    }
    return '';
  });
}
