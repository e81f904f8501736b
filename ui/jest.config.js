module.exports = {
  roots: ['<rootDir>/src'],
  testRegex: '/__tests__/.*\\.spec\\.tsx?$',
  testEnvironment: 'jsdom',
  setupFilesAfterEnv: ['<rootDir>/src/testing/setup.ts'],
  moduleNameMapper: {
    // Pictures are drawn in a browser only; tests look at what is handed to the engine.
    '^plotly\\.js-cartesian-dist-min$': '<rootDir>/src/testing/plotly.ts'
  },
  transform: {
    '^.+\\.tsx?$': [
      'ts-jest',
      { tsconfig: 'tsconfig.test.json', diagnostics: false }
    ]
  },
  testTimeout: 10000
};
