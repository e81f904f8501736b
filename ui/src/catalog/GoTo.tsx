import * as React from 'react';
import type { IQuery } from '../api/queries';
import type { ISearchHit, ISearchPage } from '../api/types';
import { ErrorView } from '../components/ErrorView';
import { Icon } from '../components/Icon';
import { useApi } from '../hooks/useApi';
import { useDebounced } from '../hooks/useDebounced';
import { useTrans } from '../host';
import { kindIcon } from './RecentSection';
import { RECENT, rememberedQuery } from './usePins';
import { badgeMark } from './useTree';

const TYPING_MS = 120;
const MOST_RECENT = 8;

function searchQuery(text: string): IQuery<ISearchPage> {
  return {
    key: ['search', text],
    subjects: ['catalog:*', 'schema:*', 'table:*', 'model:*'],
    fetch: (api, signal) => api.workspace.search(text, {}, signal)
  };
}

export interface IGoToProps {
  /** What is sought from the start. */
  query?: string;
  onOpen: (address: string) => void;
  onClose: () => void;
}

/** Finds anything by name, column, comment or tag, and opens it: one field, one list, no mouse needed. */
export function GoTo(props: IGoToProps): JSX.Element {
  const trans = useTrans();
  const base = React.useId();
  const [text, setText] = React.useState(props.query ?? '');
  const [active, setActive] = React.useState(0);
  const sought = useDebounced(text.trim(), TYPING_MS);
  const found = useApi(searchQuery(sought), { keep: true });
  const recent = useApi(rememberedQuery(RECENT), { enabled: sought === '' });
  const hits = React.useMemo(
    () => hitsOf(sought, found.data, recent.data ?? []),
    [sought, found.data, recent.data]
  );
  React.useEffect(() => setActive(0), [sought]);
  const list = React.useRef<HTMLUListElement>(null);
  React.useEffect(() => {
    list.current?.children[active]?.scrollIntoView?.({ block: 'nearest' });
  }, [active]);
  const current = Math.min(active, hits.length - 1);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[
      event.key
    ];
    if (step !== undefined) {
      setActive(Math.max(0, Math.min(current + step, hits.length - 1)));
    } else if (event.key === 'Enter' && hits[current]) {
      props.onOpen(hits[current].address);
    } else if (event.key === 'Escape') {
      props.onClose();
    } else if (event.key !== 'Tab') {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="jp-mlnb-GoTo"
      role="dialog"
      aria-modal="true"
      aria-label={trans.__('Go to')}
      onKeyDown={onKeyDown}
    >
      <div className="jp-mlnb-GoTo-field">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-label={trans.__('Go to')}
          aria-expanded={hits.length > 0}
          aria-controls={`${base}-list`}
          aria-activedescendant={hits[current] && `${base}-${current}`}
          aria-autocomplete="list"
          autoFocus
          spellCheck={false}
          placeholder={trans.__(
            'Go to a table, column, model, run, endpoint, job…'
          )}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        {found.isFetching && (
          <Icon name="spinner" className="jp-mod-spinning" />
        )}
      </div>
      {found.error && <ErrorView error={found.error} />}
      <ul
        ref={list}
        id={`${base}-list`}
        className="jp-mlnb-GoTo-list"
        role="listbox"
        aria-label={trans.__('Found')}
      >
        {hits.map((hit, index) => (
          <Hit
            key={`${hit.address}|${hit.full_name}`}
            id={`${base}-${index}`}
            hit={hit}
            words={sought}
            active={index === current}
            onSeen={() => setActive(index)}
            onOpen={() => props.onOpen(hit.address)}
          />
        ))}
      </ul>
      {sought !== '' && hits.length === 0 && found.isSuccess && (
        <p className="jp-mlnb-GoTo-none" role="status">
          {trans.__('Nothing is called so, and nothing is said so.')}
        </p>
      )}
      <p className="jp-mlnb-GoTo-help">
        <kbd>↑</kbd> <kbd>↓</kbd> <kbd>{trans.__('Enter')}</kbd>
        <span>
          {trans.__(
            'Narrow with type:table, tag:pii, owner:ada, certificationStatus:certified'
          )}
        </span>
      </p>
      <div className="jp-mlnb-Hidden" role="status">
        {sought !== '' &&
          found.isSuccess &&
          trans._n('%1 result', '%1 results', hits.length)}
      </div>
    </div>
  );
}

function hitsOf(
  sought: string,
  page: ISearchPage | undefined,
  recent: readonly { address: string; name: string; kind: string }[]
): ISearchHit[] {
  const found = page?.hits ?? [];
  if (sought !== '') {
    return found;
  }
  const last = recent.slice(0, MOST_RECENT).map(item => {
    const parts = item.name.split('.');
    return {
      address: item.address,
      kind: item.kind,
      name: parts[parts.length - 1],
      full_name: item.name,
      where: parts.slice(0, -1).join('.'),
      snippet: '',
      matched: ''
    };
  });
  const known = new Set(last.map(hit => hit.address));
  return [...last, ...found.filter(hit => !known.has(hit.address))];
}

function Hit(props: {
  id: string;
  hit: ISearchHit;
  words: string;
  active: boolean;
  onSeen: () => void;
  onOpen: () => void;
}): JSX.Element {
  const trans = useTrans();
  const { hit } = props;
  const mark = badgeMark(hit.badge, trans);
  const isInName = hit.matched === 'name';
  return (
    <li
      id={props.id}
      className="jp-mlnb-GoTo-hit"
      role="option"
      aria-selected={props.active}
      onPointerMove={props.onSeen}
      onClick={props.onOpen}
    >
      <Icon name={hit.kind === 'column' ? 'columns' : kindIcon(hit.kind)} />
      <span className="jp-mlnb-GoTo-texts">
        <span className="jp-mlnb-GoTo-line">
          <bdi className="jp-mlnb-GoTo-name">
            {isInName && hit.snippet.includes('⟦') ? (
              <Marked text={hit.snippet} />
            ) : (
              hit.name
            )}
          </bdi>
          {mark && (
            <span
              className={`jp-mlnb-Tone jp-mod-${mark.tone}`}
              title={mark.label}
            >
              <Icon name={mark.icon} label={mark.label} />
            </span>
          )}
          <bdi className="jp-mlnb-GoTo-where">{hit.where}</bdi>
        </span>
        {!isInName && hit.snippet && (
          <span className="jp-mlnb-GoTo-snippet">
            <Marked text={hit.snippet} />
          </span>
        )}
      </span>
      <span className="jp-mlnb-GoTo-kind">{hit.kind}</span>
    </li>
  );
}

/** `a ⟦match⟧ in a text`, the match marked. */
function Marked({ text }: { text: string }): JSX.Element {
  return (
    <>
      {text
        .split(/⟦([^⟧]*)⟧/)
        .map((part, index) =>
          index % 2 === 1 ? <mark key={index}>{part}</mark> : part
        )}
    </>
  );
}

export default GoTo;
