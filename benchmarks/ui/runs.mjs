/**
 * The runs page with 10,000 runs of 1,000 metrics each, in a real JupyterLab on a real store: time from the click on the experiment to the
 * first row, from a click on a header to the sorted rows, from the last key of a filter and the click on a column to what they change, frames
 * and long tasks while scrolling ten seconds there and back. Beside it the first row of MLflow's own interface on the same store.
 *
 *   node benchmarks/ui/runs.mjs [runs] [folder that keeps the store]
 *
 * benchmarks/training/search.py measures the server's part alone.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { scroll } from './scrolling.mjs';

const require = createRequire(
  new URL('../../ui-tests/package.json', import.meta.url)
);
const { chromium } = require('@playwright/test');

const [, , runs = '20', store] = process.argv;
const PORT = Number(process.env.MLNB_BENCH_PORT ?? '8899');
const url = `http://127.0.0.1:${PORT}/lab`;
const PEER = `http://127.0.0.1:${PORT + 1}`;
const EXPERIMENT = 'wide';

/** Start Lab and MLflow on a store of many runs; returns what ends them. */
async function start() {
  const script = fileURLToPath(new URL('runs_lab.py', import.meta.url));
  const given = ['--port', String(PORT), ...(store ? ['--store', store] : [])];
  const lab = spawn('python', [script, ...given], { stdio: 'ignore' });
  const ended = new Promise(resolve => lab.once('exit', resolve));
  const stop = async () => {
    lab.kill('SIGTERM');
    await ended;
  };
  for (let second = 0; second < 400; second++) {
    if (lab.exitCode !== null) {
      throw new Error(`Lab ended at once, with code ${lab.exitCode}.`);
    }
    const answers = await Promise.all(
      [`http://127.0.0.1:${PORT}/api`, `${PEER}/health`].map(address =>
        fetch(address).catch(() => null)
      )
    );
    if (answers.every(answer => answer?.ok)) {
      return stop;
    }
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
  await stop();
  throw new Error('Lab and MLflow did not start within seven minutes.');
}

const at = (values, share) =>
  [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(share * values.length))
  ];

/** The clock of the page counts tenths of a millisecond. */
function report(label, values, goal, unit = 'ms') {
  const p95 = at(values, 0.95);
  const verdict =
    goal === undefined
      ? ''
      : `goal ${goal}   ${p95 <= goal + 0.1 ? 'reached' : 'MISSED'}`;
  console.log(
    `${label.padEnd(40)} median ${at(values, 0.5).toFixed(1).padStart(8)}   p95 ${p95.toFixed(1).padStart(8)} ${unit}   ${verdict}`
  );
}

/** Milliseconds from an action inside the page until a condition holds in a painted frame. */
const until = (page, act, condition, argument) =>
  page.evaluate(
    async ([action, holds, value]) => {
      const test = new Function('value', `return ${holds}`);
      const begin = performance.now();
      new Function('value', action)(value);
      while (!test(value)) {
        if (performance.now() - begin > 120_000) {
          throw new Error(`Never: ${holds}`);
        }
        await new Promise(resolve => requestAnimationFrame(resolve));
      }
      return performance.now() - begin;
    },
    [act, condition, argument]
  );

const GRID = `document.querySelector('.jp-mlnb-Grid[aria-label="Runs"]')`;
const STATUS = `document.querySelector('.jp-mlnb-RunsTable-count')?.textContent`;
const OPEN = `[...document.querySelectorAll('#mlnb-experiments .jp-mlnb-ListRow-main')].find(row => row.textContent.startsWith(value)).click()`;
const FIRST = `${GRID}?.querySelector('.jp-mlnb-Grid-body .jp-mlnb-RunName bdi')?.textContent.startsWith('run ')`;
const HEAD = `[...${GRID}.querySelectorAll('[role=columnheader]')].find(head => head.textContent === value)`;
const TYPE = `const field = document.querySelector('.jp-mlnb-FilterBox input');
Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, value);
field.dispatchEvent(new Event('input', { bubbles: true }));`;
const BOX = `[...document.querySelectorAll('.jp-mlnb-ColumnPicker label')].find(label => label.textContent.startsWith(value))?.querySelector('input')`;

async function measure(page) {
  const [opened, sorted, filtered, added] = [[], [], [], []];
  for (let run = 0; run < Number(runs); run++) {
    // Without what the last run left open.
    await page.goto(`${url}?reset`);
    await page.locator('.jp-SideBar [data-id="mlnb-experiments"]').click();
    await page.getByRole('button', { name: /^wide/ }).first().waitFor();
    await page.waitForTimeout(1500);
    opened.push(await until(page, OPEN, FIRST, EXPERIMENT));
    await page.waitForTimeout(1500);
    const head = await page
      .getByRole('columnheader', { name: /^metric_/ })
      .nth(run % 4)
      .textContent();
    sorted.push(
      await until(
        page,
        `${HEAD}.click()`,
        `${HEAD}?.getAttribute('aria-sort') === 'descending' && !${GRID}.hasAttribute('aria-busy') && ${FIRST}`,
        head
      )
    );
    await page.waitForTimeout(500);
    const all = await page.locator('.jp-mlnb-RunsTable-count').textContent();
    filtered.push(
      await until(
        page,
        TYPE,
        `${STATUS} !== ${JSON.stringify(all)} && !${GRID}.hasAttribute('aria-busy')`,
        `metrics.metric_0${String(100 + run)} > 0.5`
      )
    );
    await until(page, TYPE, `${STATUS} === ${JSON.stringify(all)}`, '');
    await page.getByRole('button', { name: 'Columns', exact: true }).click();
    const name = `metric_0${200 + run}`;
    await page.getByRole('searchbox', { name: /Find a metric/ }).fill(name);
    await page
      .getByRole('checkbox', { name: new RegExp(`^${name}`) })
      .waitFor();
    added.push(
      await until(
        page,
        `${BOX}.click()`,
        // The new column is the last: it has to come into view.
        `${GRID}.scrollLeft = ${GRID}.scrollWidth, ${HEAD} && !${GRID}.querySelector('.jp-mlnb-Grid-body .jp-mlnb-Grid-pending')`,
        name
      )
    );
    // Back to the columns one begins with.
    await page.getByRole('button', { name: 'Reset' }).first().click();
    await page.keyboard.press('Escape');
  }
  report('click to the first row', opened, 1000);
  report('click on a header to the sorted rows', sorted, 500);
  report('last key of a filter to its rows', filtered, 500);
  report('click on a column to its values', added, 300);
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.waitForTimeout(1000);
  const found = await page.evaluate(scroll, [
    '.jp-mlnb-Grid[aria-label="Runs"]',
    '.jp-mlnb-Document *'
  ]);
  report('frame while scrolling 10 s', found.frames, 16.7);
  report('longest task while scrolling', [Math.max(0, ...found.long)], 50);
  report('nodes of the whole page', [found.nodes], 3000, '  ');
  console.log(
    `${found.long.length} tasks over 50 ms; ${found.own} of the nodes are the page's; row ${found.rows} was the furthest`
  );
  return at(opened, 0.5);
}

/** The same rows in MLflow's own interface: from its list of experiments to the first run. */
async function measurePeer(page) {
  const opened = [];
  for (let run = 0; run < Math.min(Number(runs), 3); run++) {
    // A page of its own: the last one has a link of the same name.
    await page.goto('about:blank');
    await page.goto(`${PEER}/#/experiments`);
    const link = page.getByRole('link', { name: EXPERIMENT, exact: true });
    await link.first().waitFor({ timeout: 120_000 });
    await page.waitForTimeout(1500);
    const href = await link.first().getAttribute('href');
    opened.push(
      await until(
        page,
        `location.hash = value`,
        `[...document.querySelectorAll('a')].some(link => /^run \\d+$/.test(link.textContent))`,
        `${href.replace(/^.*#/, '#').replace(/\/(traces|overview).*$/, '')}/runs`
      )
    );
  }
  report("MLflow's interface: to the first row", opened);
  return at(opened, 0.5);
}

const stop = await start();
const browser = await chromium.launch({
  executablePath: [
    process.env.MLNB_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome'
  ].find(path => path && existsSync(path)),
  chromiumSandbox: false,
  args: ['--headless', '--no-sandbox', '--disable-gpu']
});
try {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 }
  });
  page.setDefaultTimeout(120_000);
  const ours = await measure(page);
  const theirs = await measurePeer(page);
  console.log(`1/${(theirs / ours).toFixed(1)} of MLflow's time`);
} finally {
  await browser.close();
  await stop();
}
