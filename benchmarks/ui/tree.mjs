/**
 * The catalog's tree with 10,000 tables in one schema, in a real JupyterLab: time from the click to the first row, from the last key of a
 * filter to the row it finds, frames while scrolling both ways, and nodes of the page. Start a Lab with mlnb, then:
 *
 *   node benchmarks/ui/tree.mjs http://127.0.0.1:8888/lab [runs]
 *
 * The answers of the tree are made here, so that the page is measured; benchmarks/catalog/tree.py measures the server.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(
  new URL('../../ui-tests/package.json', import.meta.url)
);
const { chromium } = require('@playwright/test');

const [, , url = 'http://127.0.0.1:8888/lab', runs = '10'] = process.argv;
const TABLES = 10_000;
const PAGE = 500;

function node(kind, name, more = {}) {
  return {
    address: `mlnb:${kind}/${name}`,
    name: name.split('.').pop(),
    kind,
    children: kind === 'catalog' || kind === 'schema',
    ...more
  };
}

const names = Array.from(
  { length: TABLES },
  (_, i) => `table_${String(i).padStart(5, '0')}`
);

function answer(query) {
  const filter = query.get('filter') ?? '';
  const found = names.filter(name => name.includes(filter));
  switch (query.get('parent')) {
    case 'main.big': {
      const first = Number(query.get('page_token') ?? 0);
      return {
        nodes: found
          .slice(first, first + PAGE)
          .map(name => node('table', `main.big.${name}`, { num_rows: 1000 })),
        ...(first + PAGE < found.length
          ? { next_page_token: String(first + PAGE) }
          : {})
      };
    }
    case 'main':
      return {
        nodes: found.length
          ? [node('schema', 'main.big', { counts: { table: found.length } })]
          : []
      };
    default:
      return { nodes: [node('catalog', 'main')] };
  }
}

function summary(label, values, goal, unit = 'ms') {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  console.log(
    `${label.padEnd(34)} median ${at(0.5).toFixed(1).padStart(7)}   p95 ${at(0.95).toFixed(1).padStart(7)} ${unit}   goal ${goal}   ${(at(0.95) / goal).toFixed(2)} of it`
  );
}

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
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.route(/\/mlnb\/api\/1\.0\/tree/, route =>
  route.fulfill({ json: answer(new URL(route.request().url()).searchParams) })
);
await page.goto(url);
await page.locator('.jp-SideBar [data-id="mlnb-catalog"]').click();
const tree = page.getByRole('tree', { name: 'Catalog' });
await tree.waitFor();

/** Milliseconds from an action inside the page until a row of that name is there. */
const until = (name, act, argument) =>
  page.evaluate(
    async ([wanted, source, value]) => {
      const has = () =>
        [...document.querySelectorAll('.jp-mlnb-Tree-row')].some(row =>
          row.getAttribute('aria-label')?.startsWith(wanted)
        );
      const start = performance.now();
      new Function('value', source)(value);
      while (!has()) {
        await new Promise(resolve => requestAnimationFrame(resolve));
      }
      return performance.now() - start;
    },
    [name, act, argument]
  );

const CLICK = `[...document.querySelectorAll('.jp-mlnb-Tree-row')].find(row => row.getAttribute('aria-label').startsWith('big')).click()`;
const TYPE = `const field = document.querySelector('#mlnb-catalog input[role=searchbox]');
Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, value);
field.dispatchEvent(new Event('input', { bubbles: true }));`;

const opened = [];
const filtered = [];
for (let run = 0; run < Number(runs); run++) {
  await page.reload();
  await tree.getByRole('treeitem', { name: /^big/ }).waitFor();
  if (await tree.getByRole('treeitem', { name: /^table_/ }).count()) {
    // Open from the run before: what is open survives a reload.
    await tree.getByRole('treeitem', { name: /^big/ }).click();
  }
  opened.push(await until('table_00000', CLICK));
  const wanted = names[(run * 997 + 4321) % TABLES];
  filtered.push(await until(wanted, TYPE, wanted));
  await page.evaluate(([source]) => new Function('value', source)(''), [TYPE]);
  await until('table_00000', '');
}
summary('click to first row', opened, 300);
summary('last key to the row found', filtered, 300);

const scrolled = await page.evaluate(async () => {
  const frame = document.querySelector('.jp-mlnb-Tree');
  const frames = [];
  let nodes = 0;
  const end = performance.now() + 10_000;
  let before = performance.now();
  let step = 60;
  while (performance.now() < end) {
    await new Promise(resolve => requestAnimationFrame(resolve));
    const now = performance.now();
    frames.push(now - before);
    before = now;
    const bottom = frame.scrollHeight - frame.clientHeight;
    if (frame.scrollTop >= bottom - 1 && step > 0 && frames.length > 300) {
      step = -60;
    }
    frame.scrollTop += step;
    if (frames.length % 20 === 0) {
      nodes = Math.max(nodes, document.querySelectorAll('*').length);
    }
  }
  return { frames, nodes, rows: Math.round(frame.scrollHeight / 24) };
});
summary('frame while scrolling 10 s', scrolled.frames, 16.7);
summary('nodes of the whole page', [scrolled.nodes], 3000, '  ');
console.log(`rows that scrolling had fetched: ${scrolled.rows}`);
await browser.close();
