export * from './Chart';
export * from './ChartTable';
export type * from './engine';
