/** @mlnb/ui: what is shown, free of Jupyter. Areas are imported by path so that each is a chunk of its own. */
export * from './address';
export * from './api';
export * from './components';
export * from './format';
export * from './hooks';
export * from './host';
