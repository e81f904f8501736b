export * from './Grid';
export * from './Tree';
export * from './useBlocks';
export type * from './types';
