import * as React from 'react';
import { formatAddress } from '../address';
import type {
  Change,
  ICellDiff,
  IDataDiff,
  IMetricDiff,
  IRunDiff,
  IValueDiff
} from '../api/types.compare';
import { Button } from '../components/Button';
import { firstLine } from '../components/Code';
import { Icon } from '../components/Icon';
import { LongText } from '../components/LongText';
import type { IconName } from '../components/Icon';
import { Section } from '../components/Page';
import { State, Tag } from '../components/State';
import { formatInteger } from '../format';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { differenceText, figureText } from '../run/words';
import { parseUnified, wholeText } from './lines';
import { TextDiff } from './TextDiff';
import type { DiffView } from './TextDiff';

interface IChangeWord {
  tone: 'good' | 'bad' | 'warn' | 'idle' | 'accent';
  icon: IconName;
  label: string;
}

export function changeWord(change: Change, trans: ITrans): IChangeWord {
  switch (change) {
    case 'added':
      return { tone: 'good', icon: 'plus', label: trans.__('added') };
    case 'removed':
      return { tone: 'bad', icon: 'minus', label: trans.__('removed') };
    case 'changed':
      return { tone: 'warn', icon: 'edit', label: trans.__('changed') };
    case 'moved':
      return { tone: 'accent', icon: 'swap', label: trans.__('moved') };
    default:
      return { tone: 'idle', icon: 'check', label: trans.__('the same') };
  }
}

interface IAreaProps {
  diff: IRunDiff;
  /** Also what is the same. */
  all: boolean;
}

/** Every area, what came out first. */
export function DiffSections(
  props: IAreaProps & { view: DiffView }
): JSX.Element {
  const { diff, all } = props;
  const trans = useTrans();
  const shown = <T extends { change: Change }>(items: readonly T[]): T[] =>
    items.filter(item => all || item.change !== 'same');
  const [metrics, params] = [shown(diff.metrics), shown(diff.params)];
  return (
    <>
      {metrics.length + params.length > 0 && (
        <div className="jp-mlnb-Columns jp-mlnb-DiffColumns">
          {metrics.length > 0 && <Metrics rows={metrics} />}
          {params.length > 0 && (
            <Values title={trans.__('Parameters')} rows={params} />
          )}
        </div>
      )}
      <Cells {...props} cells={shown(diff.cells)} />
      <Data rows={shown(diff.data)} />
      {shown(diff.environment).length > 0 && (
        <Values
          title={trans.__('Environment')}
          rows={shown(diff.environment)}
          note={trans.__('Packages that are the same are left out.')}
        />
      )}
      <Git {...props} />
      {shown(diff.artifacts).length > 0 && (
        <Values
          title={trans.__('Files')}
          rows={shown(diff.artifacts)}
          shorten
        />
      )}
      {shown(diff.tags).length > 0 && (
        <Values title={trans.__('Tags')} rows={shown(diff.tags)} />
      )}
    </>
  );
}

function Metrics({ rows }: { rows: readonly IMetricDiff[] }): JSX.Element {
  const trans = useTrans();
  const judged = rows.some(row => row.standard_errors !== undefined);
  return (
    <Section title={trans.__('Metrics')}>
      <table className="jp-mlnb-Table" aria-label={trans.__('Metrics')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Metric')}</th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Before')}
            </th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('After')}
            </th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Difference')}
            </th>
            {judged && (
              <th
                scope="col"
                className="jp-mod-numeric"
                title={trans.__(
                  'The difference in units of its standard error; below 2 it may be chance.'
                )}
              >
                {trans.__('In SE')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.key}>
              <th scope="row">
                <bdi>{row.key}</bdi>
              </th>
              <td className="jp-mod-numeric">{figureText(row.a) || '–'}</td>
              <td className="jp-mod-numeric">{figureText(row.b) || '–'}</td>
              <td className="jp-mod-numeric">
                <Difference row={row} />
              </td>
              {judged && (
                <td className="jp-mod-numeric">
                  {figureText(row.standard_errors)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** The difference, and whether it is one for the better. */
export function Difference({ row }: { row: IMetricDiff }): JSX.Element | null {
  const trans = useTrans();
  if (row.difference === undefined) {
    return null;
  }
  const text = differenceText(row.difference);
  return row.better === undefined ? (
    <span className="jp-mlnb-Muted">{text}</span>
  ) : (
    <State
      tone={row.better === 'b' ? 'good' : 'bad'}
      icon={
        typeof row.difference === 'number' && row.difference < 0
          ? 'arrowDown'
          : 'arrowUp'
      }
      label={text}
      title={
        row.better === 'b'
          ? trans.__('Better than before')
          : trans.__('Worse than before')
      }
    />
  );
}

/** A hash in its first letters; the rest tells nobody more. */
function shortened(value: string | undefined): string | undefined {
  return value?.replace(
    /^(?:\w+:)?([0-9a-f]{8})[0-9a-f]{24,}$/i,
    (_, first: string) => first
  );
}

function Values(props: {
  title: string;
  rows: readonly IValueDiff[];
  note?: string;
  shorten?: boolean;
}): JSX.Element {
  const { title, rows, note, shorten } = props;
  const trans = useTrans();
  const [whole, setWhole] = React.useState(false);
  const listed = whole ? rows : rows.slice(0, LISTED);
  const text = (value: string | undefined): React.ReactNode =>
    value === undefined ? (
      <span className="jp-mlnb-Muted">–</span>
    ) : (
      <LongText text={(shorten ? shortened(value) : value) ?? ''} />
    );
  return (
    <Section title={title}>
      <table className="jp-mlnb-Table" aria-label={title}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('Before')}</th>
            <th scope="col">{trans.__('After')}</th>
            <th scope="col">{trans.__('Change')}</th>
          </tr>
        </thead>
        <tbody>
          {listed.map(row => (
            <tr key={row.key}>
              <th scope="row">
                <bdi>{row.key}</bdi>
              </th>
              <td>{text(row.a)}</td>
              <td>{text(row.b)}</td>
              <td>
                <State {...changeWord(row.change, trans)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > listed.length && (
        <Button
          label={trans.__('Show all %1', rows.length)}
          icon="caretDown"
          kind="link"
          onClick={() => setWhole(true)}
        />
      )}
      {note && <p className="jp-mlnb-Muted">{note}</p>}
    </Section>
  );
}

/** What stands below is not to be pushed out of view. */
const LISTED = 12;

function Cells(props: {
  cells: readonly ICellDiff[];
  view: DiffView;
  diff: IRunDiff;
}): JSX.Element | null {
  const { cells, view, diff } = props;
  const trans = useTrans();
  if (cells.length === 0) {
    return null;
  }
  return (
    <Section
      title={trans.__('Code')}
      aside={
        <span className="jp-mlnb-Muted">
          {trans._n('%1 executed cell', '%1 executed cells', diff.cells.length)}
        </span>
      }
    >
      {cells.map((cell, i) => (
        <CellChange key={i} cell={cell} view={view} />
      ))}
    </Section>
  );
}

function positions(cell: ICellDiff, trans: ITrans): string {
  const { a_position: a, b_position: b } = cell;
  if (a !== undefined && b !== undefined) {
    return a === b
      ? trans.__('executed as number %1', b + 1)
      : trans.__('executed as number %1, before as %2', b + 1, a + 1);
  }
  return b !== undefined
    ? trans.__('executed as number %1', b + 1)
    : trans.__('was executed as number %1', (a ?? 0) + 1);
}

function CellChange(props: { cell: ICellDiff; view: DiffView }): JSX.Element {
  const { cell, view } = props;
  const trans = useTrans();
  const lines = React.useMemo(() => linesOf(cell), [cell]);
  const [open, setOpen] = React.useState(
    cell.change !== 'same' && cell.change !== 'moved'
  );
  const word = changeWord(cell.change, trans);
  const first = firstLine(cell.b_source ?? cell.a_source ?? '');
  return (
    <section
      className={`jp-mlnb-CellDiff jp-mod-${cell.change}`}
      aria-label={trans.__('Cell: %1', word.label)}
    >
      <button
        type="button"
        className="jp-mlnb-CellDiff-head"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={open ? 'caretDown' : 'caretRight'} />
        <State {...word} />
        {cell.is_run && (
          <Tag label={trans.__('the run’s cell')} tone="accent" icon="run" />
        )}
        <code>
          <bdi>{first}</bdi>
        </code>
        <span className="jp-mlnb-Muted">{positions(cell, trans)}</span>
      </button>
      {open && (
        <TextDiff
          lines={lines}
          view={view}
          label={trans.__('Text of the cell')}
        />
      )}
    </section>
  );
}

function linesOf(cell: ICellDiff): ReturnType<typeof parseUnified> {
  if (cell.diff) {
    return parseUnified(cell.diff);
  }
  switch (cell.change) {
    case 'added':
      return wholeText(cell.b_source ?? '', 'added');
    case 'removed':
      return wholeText(cell.a_source ?? '', 'removed');
    default:
      return wholeText(cell.b_source ?? cell.a_source ?? '', 'same');
  }
}

function Data({ rows }: { rows: readonly IDataDiff[] }): JSX.Element | null {
  const trans = useTrans();
  if (rows.length === 0) {
    return null;
  }
  return (
    <Section title={trans.__('Data')}>
      <table className="jp-mlnb-Table" aria-label={trans.__('Data')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Name')}</th>
            <th scope="col">{trans.__('Use')}</th>
            <th scope="col">{trans.__('Before')}</th>
            <th scope="col">{trans.__('After')}</th>
            <th scope="col">{trans.__('Columns')}</th>
            <th scope="col">{trans.__('Change')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={`${row.name} ${i}`}>
              <th scope="row">
                <DataName row={row} />
              </th>
              <td className="jp-mlnb-Muted">
                {row.direction === 'written'
                  ? trans.__('written')
                  : trans.__('read')}
              </td>
              <td>
                <DataState
                  version={row.a_version}
                  rows={row.a_rows}
                  fingerprint={row.a_fingerprint}
                />
              </td>
              <td>
                <DataState
                  version={row.b_version}
                  rows={row.b_rows}
                  fingerprint={row.b_fingerprint}
                />
              </td>
              <td>
                <ColumnChanges row={row} />
              </td>
              <td>
                <State {...changeWord(row.change, trans)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** Leads to the table; where two versions were read, to what changed between them. */
function DataName({ row }: { row: IDataDiff }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  if (row.kind !== 'table') {
    return <bdi>{row.name}</bdi>;
  }
  const version = row.b_version ?? row.a_version;
  return (
    <Button
      label={row.name}
      icon="table"
      kind="link"
      title={trans.__('Open the table')}
      onClick={() =>
        host.open(
          formatAddress('table', row.name, {
            query: {
              version: version === undefined ? undefined : String(version)
            }
          })
        )
      }
    />
  );
}

function DataState(props: {
  version?: number;
  rows?: number;
  fingerprint?: string;
}): JSX.Element {
  const { version, rows, fingerprint } = props;
  const trans = useTrans();
  const words = [
    version !== undefined && trans.__('version %1', version),
    rows !== undefined &&
      trans._n('%2 row', '%2 rows', rows, formatInteger(rows))
  ].filter(Boolean);
  return (
    <span title={fingerprint && trans.__('Fingerprint %1', fingerprint)}>
      {words.length > 0 ? words.join(' · ') : (shortened(fingerprint) ?? '–')}
    </span>
  );
}

function ColumnChanges({ row }: { row: IDataDiff }): JSX.Element {
  const mark = (
    names: readonly string[],
    sign: string,
    tone: 'good' | 'bad' | 'warn'
  ): JSX.Element[] =>
    names.map(name => (
      <Tag key={sign + name} label={`${sign}${name}`} tone={tone} />
    ));
  return (
    <span className="jp-mlnb-DiffTags">
      {mark(row.columns_added, '+', 'good')}
      {mark(row.columns_removed, '−', 'bad')}
      {mark(row.columns_retyped, '~', 'warn')}
    </span>
  );
}

function Git({ diff, all }: IAreaProps): JSX.Element | null {
  const trans = useTrans();
  const { git_a: a, git_b: b } = diff;
  const isSame =
    diff.same.includes('git') ||
    (a.commit === b.commit && a.dirty === b.dirty && a.branch === b.branch);
  if ((isSame && !all) || (!a.commit && !b.commit)) {
    return null;
  }
  const state = (git: typeof a): JSX.Element =>
    git.commit ? (
      <>
        <code>{git.commit.slice(0, 8)}</code>{' '}
        {git.branch && <bdi>{git.branch}</bdi>}{' '}
        {git.dirty && (
          <Tag
            label={trans.__('with changes that were not committed')}
            tone="warn"
          />
        )}
      </>
    ) : (
      <span className="jp-mlnb-Muted">{trans.__('outside a repository')}</span>
    );
  return (
    <Section title={trans.__('Git')}>
      <p className="jp-mlnb-DiffGit">
        {state(a)} <Icon name="caretRight" label={trans.__('then')} />{' '}
        {state(b)}
      </p>
      {diff.git_commits.length > 0 && (
        <ol
          className="jp-mlnb-DiffCommits"
          aria-label={trans.__('Commits between')}
        >
          {diff.git_commits.map(commit => (
            <li key={commit}>
              <code>{commit.slice(0, 8)}</code>{' '}
              <bdi>{commit.slice(8).trim()}</bdi>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
