import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IFilterCheck } from '../api/types.runs';
import type { ICompletion } from '../api/types';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { useHost } from '../host';

/** A pause of so long is taken for the end of typing. */
const CHECK_MS = 150;
const COMPLETE_MS = 120;
const LISTED = 50;

export interface IFilterBoxProps {
  value: string;
  /** The filter that can be read, once typing pauses; the last one stays while the text cannot. */
  onApply: (filter: string) => void;
}

/** A position in code points, as Python counts, among the text's units. */
export function unitsOf(text: string, points: number): number {
  return [...text].slice(0, points).join('').length;
}

export function pointsOf(text: string, units: number): number {
  return [...text.slice(0, units)].length;
}

/** MLflow's language of filters: names and values are completed, what cannot be read is underlined. */
export function FilterBox(props: IFilterBoxProps): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const input = React.useRef<HTMLInputElement>(null);
  const [text, setText] = React.useState(props.value);
  const [wrong, setWrong] = React.useState<IFilterCheck | null>(null);
  const list = useCompletion(input, text, change => {
    setText(change.text);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(change.cursor, change.cursor);
    });
  });
  const id = React.useId();

  // Another view brings another filter.
  const given = React.useRef(props.value);
  React.useEffect(() => {
    if (given.current !== props.value) {
      given.current = props.value;
      setText(props.value);
      setWrong(null);
    }
  }, [props.value]);
  useCheck(text, setWrong, filter => {
    given.current = filter;
    props.onApply(filter);
  });

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (list.onKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === 'Escape' && text) {
      event.stopPropagation();
      setText('');
    }
  };
  const open = list.items.length > 0;
  const message = wrong?.message ?? trans.__('This filter cannot be read.');
  return (
    <div className="jp-mlnb-FilterBox">
      <div
        className={`jp-mlnb-SearchBox jp-mod-code${wrong ? ' jp-mod-error' : ''}`}
      >
        <Icon name="filter" />
        <span className="jp-mlnb-FilterBox-field">
          {wrong && <Underline text={text} wrong={wrong} field={input} />}
          <input
            ref={input}
            type="text"
            role="combobox"
            spellCheck={false}
            autoComplete="off"
            aria-label={trans.__('Filter')}
            aria-autocomplete="list"
            aria-expanded={open}
            aria-controls={`${id}-list`}
            aria-activedescendant={
              open && list.at >= 0 ? `${id}-${list.at}` : undefined
            }
            aria-invalid={wrong ? true : undefined}
            aria-describedby={wrong ? `${id}-error` : undefined}
            placeholder={trans.__(
              "metrics.auc > 0.7 AND params.model = 'forest'"
            )}
            value={text}
            onChange={event => {
              setText(event.target.value);
              list.ask();
            }}
            onKeyDown={onKeyDown}
            onBlur={list.close}
          />
        </span>
        {text && (
          <Button
            label={trans.__('Clear')}
            icon="close"
            iconOnly
            onClick={() => {
              setText('');
              input.current?.focus();
            }}
          />
        )}
      </div>
      {open && (
        <ul
          id={`${id}-list`}
          className="jp-mlnb-FilterBox-list"
          role="listbox"
          aria-label={trans.__('Completions')}
        >
          {list.items.slice(0, LISTED).map((item, i) => (
            <li
              key={`${item.type}:${item.text}`}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === list.at}
              ref={node =>
                i === list.at && node?.scrollIntoView?.({ block: 'nearest' })
              }
              // The field would lose the focus, and with it the list, before the click.
              onPointerDown={event => event.preventDefault()}
              onClick={() => list.take(i)}
            >
              <bdi>{item.text}</bdi>
              <small>{item.doc ?? item.type}</small>
            </li>
          ))}
        </ul>
      )}
      {wrong && (
        <p id={`${id}-error`} className="jp-mlnb-FieldError" role="alert">
          <Icon name="error" />
          {[message, wrong.hint].filter(Boolean).join(' ')}
        </p>
      )}
    </div>
  );
}

/** Repeats the text behind the field, invisible but for the line below what is wrong. */
function Underline(props: {
  text: string;
  wrong: IFilterCheck;
  field: React.RefObject<HTMLInputElement>;
}): JSX.Element | null {
  const { text, wrong, field } = props;
  const mirror = React.useRef<HTMLSpanElement>(null);
  React.useEffect(() => {
    const node = field.current;
    const follow = (): void => {
      if (mirror.current && node) {
        mirror.current.scrollLeft = node.scrollLeft;
      }
    };
    follow();
    node?.addEventListener('scroll', follow);
    return () => node?.removeEventListener('scroll', follow);
  });
  if (wrong.position === undefined) {
    return null;
  }
  const begin = unitsOf(text, wrong.position);
  const end = Math.max(
    wrong.end === undefined ? text.length : unitsOf(text, wrong.end),
    begin + 1
  );
  return (
    <span ref={mirror} className="jp-mlnb-FilterBox-mirror" aria-hidden>
      {text.slice(0, begin)}
      {/* Beyond the end something is missing: the line stands below what would follow. */}
      <u data-wrong={text.slice(begin, end)}>
        {text.slice(begin, end) || '\u2002'}
      </u>
      {text.slice(end)}
    </span>
  );
}

/** Asks the server whether the text can be read, once typing pauses. */
function useCheck(
  text: string,
  onWrong: (check: IFilterCheck | null) => void,
  onApply: (filter: string) => void
): void {
  const { api } = useHost();
  const latest = React.useRef({ onWrong, onApply, applied: text.trim() });
  Object.assign(latest.current, { onWrong, onApply });
  React.useEffect(() => {
    const filter = text.trim();
    const state = latest.current;
    const apply = (): void => {
      state.onWrong(null);
      if (state.applied !== filter) {
        state.applied = filter;
        state.onApply(filter);
      }
    };
    const abort = new AbortController();
    const timer = setTimeout(() => {
      if (!filter) {
        apply();
        return;
      }
      api.runs.check(text, abort.signal).then(
        check => (check.ok ? apply() : state.onWrong(check)),
        (error: unknown) => {
          if (error instanceof ApiError && error.status === 400) {
            state.onWrong({
              ok: false,
              message: error.message,
              hint: error.hint ?? undefined
            });
          } else if (!abort.signal.aborted) {
            // Whoever answers the query itself says what is wrong.
            apply();
          }
        }
      );
    }, CHECK_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, api]);
}

interface ICompletions {
  items: ICompletion['items'];
  at: number;
  ask(): void;
  take(index: number): void;
  close(): void;
  /** True when the key was one of the list's. */
  onKey(event: React.KeyboardEvent): boolean;
}

function useCompletion(
  input: React.RefObject<HTMLInputElement>,
  text: string,
  put: (change: { text: string; cursor: number }) => void
): ICompletions {
  const { api } = useHost();
  const [found, setFound] = React.useState<ICompletion | null>(null);
  const [at, setAt] = React.useState(-1);
  const timer = React.useRef<ReturnType<typeof setTimeout>>();
  const asked = React.useRef(0);
  const close = (): void => {
    asked.current += 1;
    clearTimeout(timer.current);
    setFound(null);
    setAt(-1);
  };
  React.useEffect(() => () => clearTimeout(timer.current), []);

  const ask = (): void => {
    clearTimeout(timer.current);
    const turn = (asked.current += 1);
    timer.current = setTimeout(() => {
      const field = input.current;
      if (!field) {
        return;
      }
      const cursor = pointsOf(
        field.value,
        field.selectionStart ?? field.value.length
      );
      // Without completions one types the whole.
      api.workspace
        .complete({ language: 'runs-filter', text: field.value, cursor })
        .then(
          answer => {
            if (turn === asked.current) {
              setFound(answer);
              setAt(-1);
            }
          },
          () => undefined
        );
    }, COMPLETE_MS);
  };
  const items = found?.items ?? [];
  const take = (index: number): void => {
    const item = items[index];
    if (!found || !item) {
      return;
    }
    const begin = unitsOf(text, found.start);
    const end = unitsOf(text, found.end);
    put({
      text: text.slice(0, begin) + item.text + text.slice(end),
      cursor: begin + item.text.length
    });
    close();
    // What may follow is offered at once: the comparison, then its value.
    ask();
  };
  const onKey = (event: React.KeyboardEvent): boolean => {
    const size = Math.min(items.length, LISTED);
    if (event.key === ' ' && event.ctrlKey) {
      ask();
      return true;
    }
    if (size === 0) {
      if (event.key === 'ArrowDown') {
        ask();
        return true;
      }
      return false;
    }
    switch (event.key) {
      case 'ArrowDown':
        setAt((at + 1) % size);
        return true;
      case 'ArrowUp':
        setAt((at - 1 + size) % size);
        return true;
      case 'Enter':
        if (at < 0) {
          close();
          return false;
        }
        take(at);
        return true;
      case 'Tab':
        take(Math.max(at, 0));
        return true;
      case 'Escape':
        close();
        return true;
      default:
        return false;
    }
  };
  return { items, at, ask, take, close, onKey };
}
