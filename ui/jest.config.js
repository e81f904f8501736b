module.exports = {
  roots: ['<rootDir>/src'],
  testRegex: '/__tests__/.*\\.spec\\.tsx?$',
  testEnvironment: 'jsdom',
  setupFilesAfterEnv: ['<rootDir>/src/testing/setup.ts'],
  moduleNameMapper: {
    // Pictures are drawn in a browser only; tests look at what is handed to the engine.
    '^plotly\\.js-cartesian-dist-min$': '<rootDir>/src/testing/plotly.ts'
  },
  transform: { '\\.tsx?$': '<rootDir>/../jest.transform.js' },
  testTimeout: 60000
};
