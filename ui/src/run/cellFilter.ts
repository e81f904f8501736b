/** Which cell's runs *This Notebook* shows: set by the cell's toolbar, seen by the panel. */
import { useSyncExternalStore } from 'react';

let cell: string | null = null;
const listeners = new Set<() => void>();

export function showRunsOf(next: string | null): void {
  cell = next;
  listeners.forEach(listener => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useCellFilter(): string | null {
  return useSyncExternalStore(subscribe, () => cell);
}
