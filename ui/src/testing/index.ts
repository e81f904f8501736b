export * from './fakeHost';
export * from './fakeServer';
export * from './fixtures';
export * from './render';
