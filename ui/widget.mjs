/** Bundles what outputs need in hosts of widgets: the loader, the components, the charts. */
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'mlnb', 'static');

/** Style sheets are inlined as one text. */
const text = { '.css': 'text' };

/** What an output can show; pages of panels are none. */
const SHEETS = [
  'variables',
  'base',
  'grid',
  'pages',
  'tables',
  'profile',
  'datagrid'
];

async function styles() {
  const made = await build({
    stdin: {
      contents: SHEETS.map(name => `@import './${name}.css';`).join('\n'),
      loader: 'css',
      resolveDir: join(here, 'style')
    },
    bundle: true,
    minify: true,
    write: false
  });
  return made.outputFiles[0].text;
}

const common = {
  bundle: true,
  format: 'esm',
  minify: true,
  target: 'es2020',
  logLevel: 'warning',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  jsx: 'transform'
};

const sheet = await styles();
await Promise.all([
  build({
    ...common,
    entryPoints: { loader: join(here, 'src/widget/loader.ts') },
    outdir: out
  }),
  build({
    ...common,
    entryPoints: { widget: join(here, 'src/widget/widget.tsx') },
    outdir: out,
    loader: text,
    // Charts are a file of their own, and Lab's host is not this one's.
    external: ['plotly.js-cartesian-dist-min'],
    plugins: [
      {
        name: 'styles',
        setup: ({ onLoad }) =>
          onLoad({ filter: /style[\\/]index\.css$/ }, () => ({
            contents: sheet,
            loader: 'text'
          }))
      }
    ]
  }),
  build({
    ...common,
    entryPoints: { charts: join(here, 'src/widget/charts.ts') },
    outdir: out
  })
]);

for (const name of ['loader.js', 'widget.js', 'charts.js']) {
  const bytes = readFileSync(join(out, name));
  console.log(
    `${name} ${(bytes.length / 1000).toFixed(1)} kB, ${(gzipSync(bytes).length / 1000).toFixed(1)} kB compressed`
  );
}
