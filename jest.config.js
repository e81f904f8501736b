const labConfig = require('@jupyterlab/testutils/lib/jest-config');

const lab = labConfig(__dirname);

/** Packages that are published as ES modules only. */
const esModules = [
  '@codemirror',
  '@jupyter/',
  '@jupyterlab/',
  '@marijn',
  '@microsoft',
  'color',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

// Only the Lab wiring: the components of `ui/` have their own, quicker configuration.
module.exports = {
  ...lab,
  roots: ['<rootDir>/src'],
  testRegex: '/__tests__/.*\\.spec\\.tsx?$',
  reporters: ['default'],
  moduleNameMapper: {
    ...lab.moduleNameMapper,
    '^@mlnb/ui/lib/(.*)$': '<rootDir>/ui/src/$1',
    '^@mlnb/ui$': '<rootDir>/ui/src'
  },
  transform: {
    '\\.svg$': '@jupyterlab/testing/lib/jest-raw-loader.js',
    '\\.[mc]?[jt]sx?$': '<rootDir>/jest.transform.js'
  },
  transformIgnorePatterns: [`/node_modules/(?!${esModules}).+`]
};
