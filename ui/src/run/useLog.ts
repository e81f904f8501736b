/** What a run prints, read on from where the last part ended until the run is over. */
import { useContext, useEffect, useRef, useState } from 'react';
import { ApiError, isAbort } from '../api/errors';
import type { ILogPart } from '../api/types.replay';
import { VisibleContext } from '../hooks/useApi';
import { useHost } from '../host';

const SHORTEST_MS = 1000;
/** Between two questions to a run that prints nothing for a while. */
const LONGEST_MS = 5000;
const AFTER_FAULT_MS = 30_000;

export interface ILog {
  /** Null until the server has said a first word. */
  text: string | null;
  /** Bytes of the whole log. */
  total: number;
  done: boolean;
  /** Something stands before what is kept here. */
  isCut: boolean;
  error: Error | null;
  retry: () => void;
}

type Held = Omit<ILog, 'error' | 'retry'>;

const NOTHING: Held = { text: null, total: 0, done: false, isCut: false };

function joined(old: Held, part: ILogPart, kept: number): Held {
  // A character that was cut in half at the beginning is none.
  const added =
    old.text === null && part.offset > 0
      ? part.text.replace(/^\ufffd+/, '')
      : part.text;
  const whole = (old.text ?? '') + added;
  return {
    text: whole.length > kept ? whole.slice(-kept) : whole,
    total: part.total,
    done: part.done,
    isCut:
      whole.length > kept || (old.text === null ? part.offset > 0 : old.isCut)
  };
}

/** The end of a log and what is added to it; `kept` is how much of it is held. */
export function useLog(runId: string, kept: number, enabled = true): ILog {
  const { api } = useHost();
  const visible = useContext(VisibleContext);
  const [held, setHeld] = useState(NOTHING);
  const [error, setError] = useState<Error | null>(null);
  const [turn, setTurn] = useState(0);
  const next = useRef<number | null>(null);

  useEffect(() => {
    if (!visible || !enabled) {
      return;
    }
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = SHORTEST_MS;
    const later = (ms: number): void => {
      timer = setTimeout(() => void read(), ms);
    };
    const take = (part: ILogPart): void => {
      if (next.current !== null && part.total < next.current) {
        // It is another log than the one that was read so far.
        next.current = null;
        setHeld(NOTHING);
        later(0);
        return;
      }
      next.current = part.next_offset;
      setHeld(old => joined(old, part, kept));
      if (part.text !== '' && part.next_offset < part.total) {
        later(0);
      } else if (!part.done) {
        pause = part.text ? SHORTEST_MS : Math.min(pause * 1.5, LONGEST_MS);
        later(pause);
      }
    };
    const read = async (): Promise<void> => {
      if (document.hidden) {
        later(pause);
        return;
      }
      try {
        const offset = next.current ?? -kept;
        const part = await api.runs.log(runId, offset, undefined, stop.signal);
        if (!stop.signal.aborted) {
          setError(null);
          take(part);
        }
      } catch (fault) {
        if (isAbort(fault) || stop.signal.aborted) {
          return;
        }
        setError(fault as Error);
        // What the server refuses it will refuse again; a lost connection comes back.
        if (!(fault instanceof ApiError && fault.status < 500)) {
          pause = Math.min(pause * 2, AFTER_FAULT_MS);
          later(pause);
        }
      }
    };
    void read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [api, runId, kept, enabled, visible, turn]);
  return { ...held, error, retry: () => setTurn(turn + 1) };
}
