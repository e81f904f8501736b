export * from './fakeHost';
export * from './fakeServer';
export * from './fixtures';
export * from './render';
export * from './status';
