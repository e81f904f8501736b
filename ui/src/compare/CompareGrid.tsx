import * as React from 'react';
import type { Cell } from '../api/types';
import type { IRunHead } from '../api/types.compare';
import { Button } from '../components/Button';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import { columnFormat, formatDuration, formatNumber } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { runState } from '../experiments/rows';
import { Grid } from '../table/Grid';
import type { IGridColumn, IGridRow } from '../table/types';
import { bestOf, deltaOf, moreIsBetter } from './compare';
import type { Area, ICompareLine } from './compare';

const KEY = 'key';
const WIDTH = 168;

export interface ICompareGridProps {
  runs: readonly IRunHead[];
  lines: readonly ICompareLine[];
  /** The column that the others are measured against. */
  baseline: number | null;
  onBaseline: (runId: string) => void;
  onRemove?: (runId: string) => void;
  onOpen: (runId: string) => void;
}

interface ILineRow extends IGridRow {
  line?: ICompareLine;
  best?: number | null;
  format?: (value: number) => string;
}

/** Runs as columns, what they have as rows; only what is in view exists. */
export function CompareGrid(props: ICompareGridProps): JSX.Element {
  const { runs, lines, baseline, onBaseline, onRemove, onOpen } = props;
  const trans = useTrans();
  const rows = React.useMemo(() => rowsOf(lines, trans), [lines, trans]);
  const latest = React.useRef({ onBaseline, onRemove, onOpen });
  latest.current = { onBaseline, onRemove, onOpen };
  const canRemove = onRemove !== undefined;
  const columns = React.useMemo<IGridColumn[]>(
    () => [
      {
        key: KEY,
        label: trans.__('Name'),
        width: 240,
        render: (value, row) =>
          (row as ILineRow).line ? (
            <bdi title={String(value)}>{String(value)}</bdi>
          ) : (
            <b>{String(value)}</b>
          )
      },
      ...runs.map((run, i): IGridColumn => ({
        key: run.run_id,
        label: run.name,
        title: trans.__('%1 of %2', run.name, run.experiment_name),
        width: WIDTH,
        sortable: false,
        mark: (
          <HeadTools
            run={run}
            isBaseline={i === baseline}
            onBaseline={() => latest.current.onBaseline(run.run_id)}
            onRemove={
              canRemove
                ? () => latest.current.onRemove?.(run.run_id)
                : undefined
            }
            onOpen={() => latest.current.onOpen(run.run_id)}
          />
        ),
        render: (value, row) => (
          <Value
            row={row as ILineRow}
            value={value}
            place={i}
            baseline={baseline}
            trans={trans}
          />
        )
      }))
    ],
    [runs, baseline, trans, canRemove]
  );
  const row = React.useCallback((i: number) => rows[i], [rows]);
  return (
    <div className="jp-mlnb-Compare">
      <Grid
        label={trans.__('Comparison')}
        columns={columns}
        total={rows.length}
        row={row}
        onRange={ignore}
        rowClass={sectionClass}
      />
    </div>
  );
}

const ignore = (): void => undefined;
const sectionClass = (row: IGridRow): string | undefined =>
  (row as ILineRow).line ? undefined : 'jp-mod-group';

/** Lines as rows of the grid, a title above each section. */
function rowsOf(lines: readonly ICompareLine[], trans: ITrans): ILineRow[] {
  const titles: Record<Area, string> = {
    run: trans.__('Run'),
    metrics: trans.__('Metrics'),
    params: trans.__('Parameters'),
    tags: trans.__('Tags'),
    attributes: trans.__('Attributes')
  };
  const names: Record<string, string> = {
    status: trans.__('State'),
    start_time: trans.__('Started'),
    duration_ms: trans.__('Duration'),
    experiment: trans.__('Experiment'),
    notebook: trans.__('Notebook'),
    user: trans.__('User')
  };
  const rows: ILineRow[] = [];
  lines.forEach((line, i) => {
    if (line.area !== lines[i - 1]?.area) {
      rows.push({ id: line.area, cells: { [KEY]: titles[line.area] } });
    }
    const numbers = line.values.filter(
      (value): value is number => typeof value === 'number'
    );
    rows.push({
      id: `${line.area}.${line.key}`,
      cells: {
        [KEY]: line.area === 'run' ? (names[line.key] ?? line.key) : line.key
      },
      line,
      best: bestOf(line),
      format: columnFormat(numbers)
    });
  });
  return rows;
}

function HeadTools(props: {
  run: IRunHead;
  isBaseline: boolean;
  onBaseline: () => void;
  onRemove?: () => void;
  onOpen: () => void;
}): JSX.Element {
  const { run, isBaseline } = props;
  const trans = useTrans();
  return (
    <span
      className={`jp-mlnb-Compare-tools${isBaseline ? ' jp-mod-baseline' : ''}`}
    >
      <Button
        label={trans.__('Baseline %1', run.name)}
        icon="pin"
        iconOnly
        pressed={isBaseline}
        title={trans.__('Measure the others against it')}
        onClick={props.onBaseline}
      />
      <Button
        label={trans.__('Open %1', run.name)}
        icon="run"
        iconOnly
        onClick={props.onOpen}
      />
      {props.onRemove && (
        <Button
          label={trans.__('Take %1 out', run.name)}
          icon="close"
          iconOnly
          onClick={props.onRemove}
        />
      )}
    </span>
  );
}

function Value(props: {
  row: ILineRow;
  value: Cell;
  place: number;
  baseline: number | null;
  trans: ITrans;
}): JSX.Element | null {
  const { row, place, baseline, trans } = props;
  const { line } = row;
  if (!line) {
    return null;
  }
  const value = line.values[place] ?? null;
  if (value === null) {
    return <span className="jp-mlnb-Grid-missing">–</span>;
  }
  const base = baseline === null ? undefined : line.values[baseline];
  // Metrics say themselves by how much they differ; when a run was made always differs.
  const isOther =
    baseline !== null &&
    place !== baseline &&
    line.area !== 'run' &&
    line.area !== 'metrics' &&
    value !== (base ?? null);
  return (
    <span
      className={`jp-mlnb-Compare-value${line.differs && isOther ? ' jp-mod-other' : ''}${row.best === place ? ' jp-mod-best' : ''}`}
      title={String(value).slice(0, 2000)}
    >
      <Shown line={line} value={value} format={row.format} trans={trans} />
      <Delta line={line} place={place} baseline={baseline} />
    </span>
  );
}

function Shown(props: {
  line: ICompareLine;
  value: Cell;
  format?: (value: number) => string;
  trans: ITrans;
}): JSX.Element {
  const { line, value, format, trans } = props;
  if (line.area === 'run' && line.key === 'status') {
    return <State {...runState(value, trans)} />;
  }
  if (typeof value === 'number') {
    if (line.key === 'start_time' && line.area === 'run') {
      return <RelativeTime time={value} />;
    }
    if (line.key === 'duration_ms' && line.area === 'run') {
      return <span>{formatDuration(value)}</span>;
    }
    return <span>{format?.(value) ?? formatNumber(value)}</span>;
  }
  return <bdi>{String(value).slice(0, 200)}</bdi>;
}

/** How much more or less than the baseline, and whether that is better. */
function Delta(props: {
  line: ICompareLine;
  place: number;
  baseline: number | null;
}): JSX.Element | null {
  const { line, place, baseline } = props;
  const delta =
    line.area === 'metrics' ? deltaOf(line, place, baseline) : undefined;
  if (delta === undefined || delta === 0) {
    return null;
  }
  const more = moreIsBetter(line.key);
  const tone = more === null ? 'idle' : delta > 0 === more ? 'good' : 'bad';
  return (
    <small className={`jp-mlnb-Tone jp-mod-${tone}`}>
      {delta > 0 ? '▲ +' : '▼ −'}
      {formatNumber(Math.abs(delta))}
    </small>
  );
}
