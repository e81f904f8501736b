/** Three models in three cells: seen while they come, compared in a picture, told apart, run again, and found wanting in a slice. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';

test.setTimeout(900_000);

const MAKE = `
%load_ext mlnb
import mlnb, numpy as np, pandas as pd
ws = mlnb.workspace()
ws.catalog.create_schema("main.trials", if_not_exists=True)
rng = np.random.default_rng(3)
n = 3000
rows = pd.DataFrame({"speed": rng.normal(size=n), "load": rng.normal(size=n), "region": rng.choice(["north", "south"], n, p=[0.8, 0.2])})
clear = rows["speed"] + 0.5 * rows["load"] + rng.normal(scale=0.5, size=n) > 0
rows["late"] = np.where(rows["region"] == "south", rng.random(n) < 0.5, clear)
_ = ws.catalog.create_table("main.trials.trips", rows, mode="replace")
`;

const PREPARE = `
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
trips = ws.catalog.read("main.trials.trips")
X, y = trips[["speed", "load"]], trips["late"]
`;

function train(name: string, strength: number, columns: string): string {
  return [
    `%%mlrun --name ${name} --experiment trials --log-models --no-autolog`,
    `strength = ${strength}`,
    `model = LogisticRegression(C=strength).fit(X[${columns}], y)`,
    `{"auc": roc_auc_score(y, model.predict_proba(X[${columns}])[:, 1]), "columns": len(${columns})}`
  ].join('\n');
}

async function run(
  page: IJupyterLabPageFixture,
  source: string
): Promise<void> {
  await page.notebook.addCell('code', source.trim());
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);
  const output = await page.notebook.getCellTextOutput(last);
  expect(output?.join('\n') ?? '').not.toMatch(/Error|Hint:/);
}

const THEMES = [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
];

/** Opens a page and waits until what is named is seen on it. */
async function open(
  page: IJupyterLabPageFixture,
  address: string,
  sign: string | RegExp
): Promise<void> {
  await page.evaluate(
    target =>
      window.jupyterapp.commands.execute('mlnb:open', { address: target }),
    address
  );
  const shown = page.locator('.jp-mlnb-Document:visible');
  await expect(shown.getByText(sign).first()).toBeVisible({ timeout: 30_000 });
}

async function faults(
  page: IJupyterLabPageFixture,
  ...also: string[]
): Promise<string[]> {
  const looked = new AxeBuilder({ page }).include(
    '.jp-mlnb-Document:not(.lm-mod-hidden)'
  );
  also.forEach(place => looked.include(place));
  const found = await looked.analyze();
  return found.violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .map(one => `${one.id}: ${one.nodes[0].html}`);
}

async function shot(page: IJupyterLabPageFixture, name: string): Promise<void> {
  if (process.env.MLNB_SHOTS) {
    await page.screenshot({ path: `${process.env.MLNB_SHOTS}/${name}.png` });
  }
}

test('three models are trained, compared, told apart and run again', async ({
  page
}) => {
  await page.notebook.createNew();
  await page.sidebar.openTab('mlnb-experiments');
  await run(page, MAKE);
  await run(page, PREPARE);
  await run(page, train('weak', 0.001, '["load"]'));
  const mine = page.getByRole('list', { name: 'Runs of this notebook' });
  await expect(mine.getByText('weak', { exact: true })).toBeVisible();
  await run(page, train('middle', 0.1, '["speed"]'));
  await run(page, train('strong', 1, '["speed", "load"]'));
  await expect(mine.getByText('strong', { exact: true })).toBeVisible();
  await page.notebook.save();
  await shot(page, 'runs-notebook');

  // The experiment: a table and pictures of the same runs.
  const list = page.getByRole('list', { name: 'Experiments' });
  await list
    .getByRole('button', { name: /trials/ })
    .first()
    .click();
  const trials = page.getByRole('article', { name: 'trials' });
  const grid = trials.getByRole('treegrid', { name: 'Runs' });
  await expect(grid).toHaveAttribute('aria-rowcount', '4', { timeout: 30_000 });
  await expect(
    trials.getByRole('group', { name: /^Parallel coordinates of 3 runs/ })
  ).toBeVisible({ timeout: 30_000 });
  expect(await faults(page)).toEqual([]);
  await shot(page, 'runs-experiment');

  // Two of them, told apart.
  await grid.getByRole('checkbox', { name: 'Choose weak' }).click();
  await grid.getByRole('checkbox', { name: 'Choose strong' }).click();
  const chosen = trials.getByRole('toolbar', { name: 'Chosen runs' });
  await chosen.getByRole('button', { name: 'Diff', exact: true }).click();
  const diff = page.getByRole('article', { name: /→/ });
  await expect(diff.getByRole('row', { name: /strength/ })).toBeVisible({
    timeout: 30_000
  });
  await expect(diff.getByRole('row', { name: /auc/ }).first()).toBeVisible();
  expect(await faults(page)).toEqual([]);
  await shot(page, 'runs-diff');

  // The best one, run again.
  await mine
    .getByRole('button', { name: /^Finished strong/ })
    .last()
    .click();
  const best = page.getByRole('article', { name: 'strong', exact: true });
  await best.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByRole('button', { name: 'Replay now' }).click();
  await best.getByRole('tab', { name: /^Replays/ }).click();
  await expect(best.getByText('Every number came out the same.')).toBeVisible({
    timeout: 180_000
  });
  expect(await faults(page)).toEqual([]);
  await shot(page, 'runs-replay');
});

test('it is said where a model is worst', async ({ page }) => {
  await page.notebook.createNew();
  await run(page, MAKE);
  await run(
    page,
    '%evaluate strong --data main.trials.trips --target late --slices region'
  );
  await page.sidebar.openTab('mlnb-experiments');
  const list = page.getByRole('list', { name: 'Experiments' });
  await list
    .getByRole('button', { name: /trials/ })
    .first()
    .click();
  const rows = page
    .getByRole('article', { name: 'trials' })
    .getByRole('treegrid', { name: 'Runs' });
  await rows.getByRole('gridcell', { name: 'strong', exact: true }).dblclick();
  const strong = page.getByRole('article', { name: /strong/ });
  await strong.getByRole('tab', { name: /^Evaluation/ }).click();
  await expect(strong.getByText(/south/).first()).toBeVisible({
    timeout: 30_000
  });
  expect(await faults(page)).toEqual([]);
  await shot(page, 'runs-evaluation');
});

test('no page of runs has a serious fault in any theme', async ({ page }) => {
  await page.notebook.createNew();
  await page.sidebar.openTab('mlnb-experiments');
  await run(page, MAKE);
  await run(page, PREPARE);
  await run(page, train('again', 1, '["speed", "load"]'));
  await page.notebook.addCell(
    'code',
    'ids = [ws.runs.get(name).run_id for name in ("strong", "weak")]\nprint(*ids, ws.runs.get("strong").experiment_id)'
  );
  const last = (await page.notebook.getCellCount()) - 1;
  await page.notebook.runCell(last, true);
  const said = (await page.notebook.getCellTextOutput(last))?.join('') ?? '';
  const [strong, weak, trials] = said.trim().split(/\s+/);
  const pages: [string, string | RegExp][] = [
    [`mlnb:experiment/${trials}`, 'strong'],
    [`mlnb:run/${strong}?tab=overview`, 'Metrics'],
    [`mlnb:run/${strong}?tab=charts`, /auc/],
    [`mlnb:run/${strong}?tab=evaluation`, /south/],
    [`mlnb:run/${strong}?tab=code`, /LogisticRegression/],
    [`mlnb:run/${strong}?tab=artifacts`, /^mlnb/],
    [`mlnb:run/${strong}?tab=replays`, /same/],
    [
      `mlnb:compare/${encodeURIComponent(`${strong},${weak}`)}`,
      'Compare 2 runs'
    ],
    [`mlnb:diff/${weak}/${strong}`, 'Parameters']
  ];
  const found: string[] = [];
  for (const theme of THEMES) {
    await page.theme.setTheme(theme);
    for (const [address, sign] of pages) {
      await open(page, address, sign);
      await shot(
        page,
        `runs-${theme}-${pages.findIndex(([one]) => one === address)}`
      );
      for (const fault of await faults(page, '#mlnb-experiments')) {
        found.push(`${theme}, ${address}: ${fault}`);
      }
    }
  }
  expect(found).toEqual([]);
});

test('two runs are found, chosen and told apart by keys alone', async ({
  page
}) => {
  await page.sidebar.openTab('mlnb-experiments');
  const trials = page
    .getByRole('list', { name: 'Experiments' })
    .getByRole('button', { name: /trials/ })
    .first();
  await trials.focus();
  await page.keyboard.press('Enter');
  const article = page.getByRole('article', { name: 'trials' });
  const grid = article.getByRole('treegrid', { name: 'Runs' });
  await expect(
    grid.getByRole('gridcell', { name: 'strong', exact: true })
  ).toBeVisible({ timeout: 30_000 });
  await grid.focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  const chosen = article.getByRole('toolbar', { name: 'Chosen runs' });
  await chosen.getByRole('button', { name: 'Diff', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('article', { name: /→/ }).getByText('strength').first()
  ).toBeVisible({ timeout: 30_000 });
});
