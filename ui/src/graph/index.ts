export * from './Graph';
export * from './paths';
export type * from './types';
