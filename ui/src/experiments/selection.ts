/** Which runs are chosen. They stay chosen while others are scrolled to, sorted or filtered. */
import { useCallback, useMemo, useRef, useState } from 'react';
import type { IActRun } from './runActions';

export interface ISelection {
  ids: ReadonlySet<string>;
  runs: readonly IActRun[];
  has(id: string): boolean;
  toggle(run: IActRun): void;
  /** These and no others. */
  set(runs: readonly IActRun[]): void;
  add(runs: readonly IActRun[]): void;
  clear(): void;
  /** The line chosen last, from which a range goes on. */
  anchor: React.MutableRefObject<number | null>;
}

export function useSelection(): ISelection {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const anchor = useRef<number | null>(null);
  const toggle = useCallback(
    (run: IActRun) =>
      setNames(old => {
        const next = new Map(old);
        if (!next.delete(run.run_id)) {
          next.set(run.run_id, run.name);
        }
        return next;
      }),
    []
  );
  const add = useCallback(
    (runs: readonly IActRun[]) =>
      setNames(
        old => new Map([...old, ...runs.map(r => [r.run_id, r.name] as const)])
      ),
    []
  );
  const set = useCallback(
    (runs: readonly IActRun[]) =>
      setNames(new Map(runs.map(run => [run.run_id, run.name]))),
    []
  );
  const clear = useCallback(() => {
    anchor.current = null;
    setNames(new Map());
  }, []);
  return useMemo(
    () => ({
      ids: new Set(names.keys()),
      runs: [...names].map(([run_id, name]) => ({ run_id, name })),
      has: id => names.has(id),
      toggle,
      set,
      add,
      clear,
      anchor
    }),
    [names, toggle, set, add, clear]
  );
}
