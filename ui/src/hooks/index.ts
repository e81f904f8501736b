export * from './HostProvider';
export * from './queryClient';
export * from './useApi';
export * from './useDebounced';
export * from './useNow';
export * from './useProgress';
export * from './useSaved';
export * from './useSize';
