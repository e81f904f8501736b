/** Questions about the rows behind a profile: one at a time per view, and only the latest counts. */
import * as React from 'react';
import { isAbort } from '../api/errors';
import type { IDrill, IDrillResult } from '../api/types.explore';
import { useHost } from '../host';

export type Ask = (
  question: IDrill,
  signal: AbortSignal
) => Promise<IDrillResult>;

/** Puts questions into a line: the next one goes out when the last was answered; what was given up meanwhile never does. */
export function inLine(ask: Ask): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (question, signal) => {
    const turn = last.then(() => {
      if (signal.aborted) {
        throw new DOMException('The question was given up.', 'AbortError');
      }
      return ask(question, signal);
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Null where nobody can be asked: the kernel is gone. */
export const DrillContext = React.createContext<Ask | null>(null);

/** The line of one view. */
export function useLine(profileId: string, live: boolean): Ask | null {
  const { api } = useHost();
  return React.useMemo(
    () =>
      live
        ? inLine((question, signal) =>
            api.explore.drill(profileId, question, signal)
          )
        : null,
    [api, profileId, live]
  );
}

export interface IDrilled {
  data: IDrillResult | null;
  error: Error | null;
  busy: boolean;
}

const NOTHING: IDrilled = { data: null, error: null, busy: false };

/** The answer to a question, null while there is none. The last answer of a kind stays until the next is there. */
export function useDrill(question: IDrill | null): IDrilled {
  const ask = React.useContext(DrillContext);
  const [state, setState] = React.useState<IDrilled>(NOTHING);
  const text = question && JSON.stringify(question);
  React.useEffect(() => {
    if (!ask || text === null) {
      setState(NOTHING);
      return;
    }
    const wanted = JSON.parse(text) as IDrill;
    const given = new AbortController();
    setState(old => ({
      data: old.data?.kind === wanted.kind ? old.data : null,
      error: null,
      busy: true
    }));
    // A moving hand asks many questions: only where it rests one is sent.
    const timer = setTimeout(() => {
      ask(wanted, given.signal).then(
        data => {
          if (!given.signal.aborted) {
            setState({ data, error: null, busy: false });
          }
        },
        (error: Error) => {
          if (!given.signal.aborted && !isAbort(error)) {
            setState({ data: null, error, busy: false });
          }
        }
      );
    }, 80);
    return () => {
      clearTimeout(timer);
      given.abort();
    };
  }, [ask, text]);
  return state;
}
