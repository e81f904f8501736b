const labConfig = require('@jupyterlab/testutils/lib/jest-config');

const lab = labConfig(__dirname);

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
    ...lab.transform,
    '^.+\\.tsx?$': [
      'ts-jest/legacy',
      { tsconfig: 'tsconfig.test.json', diagnostics: false }
    ],
    '^.+\\.m?jsx?$': 'babel-jest'
  }
};
