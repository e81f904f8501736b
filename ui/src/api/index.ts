export * from './client';
export * from './errors';
export * from './queries';
export * from './transport';
export type * from './types';
export type * from './types.registry';
export type * from './types.runs';
export type * from './types.monitors';
export type { IPreviewQuery } from './catalog';
