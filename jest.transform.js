const crypto = require('crypto');
const { transformSync, version } = require('esbuild');

const OPTIONS = {
  format: 'cjs',
  target: 'node18',
  sourcemap: 'inline',
  jsx: 'transform',
  // Tests load chunks as ordinary modules.
  supported: { 'dynamic-import': false }
};

/** Types are stripped, modules become what jest runs; types are checked by `jlpm types:check`. */
module.exports = {
  process: (source, path) => ({
    code: transformSync(source, {
      ...OPTIONS,
      loader: path.endsWith('x') ? 'tsx' : path.endsWith('.ts') ? 'ts' : 'js',
      sourcefile: path
    }).code
  }),
  getCacheKey: (source, path) =>
    crypto
      .createHash('sha1')
      .update(version + JSON.stringify(OPTIONS) + path + source)
      .digest('hex')
};
