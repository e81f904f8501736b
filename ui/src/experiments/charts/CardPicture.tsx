import * as React from 'react';
import { formatAddress } from '../../address';
import type { IRunSearch } from '../../api/types.runs';
import { ChartCanvas } from '../../charts/Chart';
import { ChartTable } from '../../charts/ChartTable';
import type { IChartEngine, IChartSpec } from '../../charts/engine';
import { Button } from '../../components/Button';
import { EmptyState } from '../../components/EmptyState';
import { ErrorView } from '../../components/ErrorView';
import { useApi } from '../../hooks/useApi';
import { useHost, useTrans } from '../../host';
import { shortKey } from '../rows';
import { seriesQuery } from '../runsQueries';
import { differing } from './axes';
import { keysOf } from './cards';
import type { ICard } from './cards';
import { useChartData } from './data';
import type { IChartData } from './data';
import { ParallelChart } from './ParallelChart';
import { barSpec, contourSpec, lineSpec, scatterSpec, sentence } from './specs';
import type { IShownRuns } from './useShownRuns';

/** Curves of more runs are a tangle. */
const MOST_CURVES = 100;

/** What the card's tools need of the picture. */
export interface IPictureHandle {
  /** A file's address as data; undefined where there is no picture. */
  picture(format: 'png' | 'svg'): Promise<string | undefined>;
  /** The figures, for a table and for CSV. */
  table(): IChartSpec | undefined;
}

export interface ICardPictureProps {
  card: ICard;
  height: number;
  search: IRunSearch;
  shown: IShownRuns;
  asTable: boolean;
  onChange: (change: Partial<ICard>) => void;
  /** Runs within a brush or a box; null when it was taken away. */
  onSelect: (runs: { run_id: string; name: string }[] | null) => void;
  handle: React.MutableRefObject<IPictureHandle | null>;
}

/** The picture of a card, or its figures as a table. */
export function CardPicture(props: ICardPictureProps): JSX.Element {
  const { card, shown, search } = props;
  const trans = useTrans();
  const answer = useChartData(shown, search, keysOf(card));
  const { data, error } = answer;
  if (error && !data) {
    return <ErrorView error={error} onRetry={answer.retry} />;
  }
  if (!data) {
    return (
      <div className="jp-mlnb-Card-wait" style={{ height: props.height }} />
    );
  }
  if (data.ids.length === 0) {
    return (
      <EmptyState
        icon="eyeOff"
        title={trans.__('No run is shown')}
        text={
          shown.mode === 'chosen'
            ? trans.__('Choose runs in the table.')
            : trans.__('No run fulfils the filter, or all are hidden.')
        }
      />
    );
  }
  const inner = { ...props, data };
  switch (card.kind) {
    case 'parallel':
      return <Parallel {...inner} />;
    case 'line':
      return <Lines {...inner} />;
    default:
      return <Plotted {...inner} spec={specOf(card, data, trans)} />;
  }
}

type Inner = ICardPictureProps & { data: IChartData };

function specOf(
  card: ICard,
  data: IChartData,
  trans: ReturnType<typeof useTrans>
): IChartSpec | null {
  return card.kind === 'scatter'
    ? scatterSpec(card, data, trans)
    : card.kind === 'contour'
      ? contourSpec(card, data, trans)
      : barSpec(card, data, trans);
}

function named(
  data: IChartData,
  ids: readonly string[]
): { run_id: string; name: string }[] {
  const names = new Map(data.ids.map((id, i) => [id, data.names[i]]));
  return ids.map(id => ({ run_id: id, name: names.get(id) ?? id }));
}

function Plotted(props: Inner & { spec: IChartSpec | null }): JSX.Element {
  const { card, data, onSelect } = props;
  const host = useHost();
  const { trans } = host;
  const node = React.useRef<HTMLDivElement>(null);
  const engine = React.useRef<IChartEngine | null>(null);
  // The same picture is not drawn again because something beside it changed.
  const text = JSON.stringify(props.spec);
  const spec = React.useMemo(
    () => JSON.parse(text) as IChartSpec | null,
    [text]
  );
  const latest = React.useRef({ data, onSelect });
  latest.current = { data, onSelect };
  const select = React.useCallback((ids: string[] | null) => {
    const { data: now, onSelect: tell } = latest.current;
    tell(ids && named(now, ids));
  }, []);
  const pick = React.useCallback(
    (id: string) => host.open(formatAddress('run', id)),
    [host]
  );
  props.handle.current = {
    picture: async format =>
      engine.current && node.current
        ? engine.current.picture(node.current, format)
        : undefined,
    table: () => spec ?? undefined
  };
  if (!spec) {
    return (
      <EmptyState
        icon="contour"
        title={trans.__('Too few values')}
        text={trans.__(
          'A contour needs three runs or more, with different numbers along both axes.'
        )}
      />
    );
  }
  const label = sentence(card, data.ids.length, trans);
  return props.asTable ? (
    <ChartTable spec={spec} label={label} />
  ) : (
    <ChartCanvas
      spec={spec}
      label={label}
      height={props.height}
      onPick={pick}
      onSelect={spec.selects ? select : undefined}
      node={node}
      engine={engine}
    />
  );
}

function Lines(props: Inner): JSX.Element {
  const { card, data } = props;
  const trans = useTrans();
  const metrics = (card.metrics ?? []).map(key =>
    shortKey(key).replace(/@(min|max)$/, '')
  );
  const {
    data: found,
    error,
    refetch
  } = useApi(
    seriesQuery({
      run_ids: data.ids.slice(0, MOST_CURVES),
      metrics: [...new Set(metrics)],
      x: card.over ?? 'step'
    }),
    { keep: true, enabled: metrics.length > 0 }
  );
  if (metrics.length === 0) {
    return <EmptyState icon="chart" title={trans.__('No metric is chosen')} />;
  }
  if (error && !found) {
    return <ErrorView error={error} onRetry={() => void refetch()} />;
  }
  if (!found) {
    return (
      <div className="jp-mlnb-Card-wait" style={{ height: props.height }} />
    );
  }
  const once =
    found.curves.length > 0 && found.curves.every(curve => curve.total <= 1);
  const spec = lineSpec({ ...card, over: found.x }, data, found.curves, trans);
  return (
    <>
      {once && !props.asTable && (
        <p className="jp-mlnb-Card-note">
          {trans.__('Each run logged it once.')}{' '}
          <Button
            label={trans.__('Show as bars')}
            kind="link"
            onClick={() => props.onChange({ kind: 'bar' })}
          />
        </p>
      )}
      {data.ids.length > MOST_CURVES && (
        <p className="jp-mlnb-Card-note">
          {trans.__('The first %1 runs are drawn.', MOST_CURVES)}
        </p>
      )}
      <Plotted {...props} height={props.height - (once ? 22 : 0)} spec={spec} />
    </>
  );
}

function Parallel(props: Inner): JSX.Element {
  const { card, data, height, onSelect } = props;
  const host = useHost();
  const { trans } = host;
  const svg = React.useRef<(() => string) | null>(null);
  const axes = card.auto ? differing(card.axes ?? [], data) : (card.axes ?? []);
  const spec = (): IChartSpec => parallelTable(axes, data, trans.__('Value'));
  props.handle.current = {
    picture: async format =>
      svg.current ? pictureOf(svg.current(), format) : undefined,
    table: spec
  };
  if (axes.length === 0) {
    return (
      <EmptyState
        icon="parallel"
        title={trans.__('No axis is chosen')}
        text={trans.__('Choose parameters and metrics for it.')}
      />
    );
  }
  const label = sentence({ ...card, axes }, data.ids.length, trans);
  return props.asTable ? (
    <WideTable axes={axes} data={data} label={label} />
  ) : (
    <ParallelChart
      data={data}
      axes={axes}
      color={card.color}
      height={height}
      label={label}
      onBrush={ids => onSelect(ids && named(data, ids))}
      onAxes={next => props.onChange({ axes: next, auto: undefined })}
      onOpen={id => host.open(formatAddress('run', id))}
      svg={svg}
    />
  );
}

/** Values of all axes one below the other: what a file of figures holds. */
function parallelTable(
  axes: readonly string[],
  data: IChartData,
  label: string
): IChartSpec {
  return {
    x: { label: '' },
    y: { label },
    series: axes.map(key => ({
      name: shortKey(key),
      x: data.names.map(() => shortKey(key)),
      y: data.values(key) as (number | null)[],
      text: data.names
    }))
  };
}

function WideTable(props: {
  axes: readonly string[];
  data: IChartData;
  label: string;
}): JSX.Element {
  const { axes, data } = props;
  const columns = axes.map(key => data.values(key));
  const trans = useTrans();
  const most = 500;
  return (
    <div className="jp-mlnb-ChartTable">
      <table aria-label={props.label}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Run')}</th>
            {axes.map(key => (
              <th key={key} scope="col" className="jp-mod-numeric">
                {shortKey(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.ids.slice(0, most).map((id, i) => (
            <tr key={id}>
              <th scope="row">
                <bdi>{data.names[i]}</bdi>
              </th>
              {columns.map((values, c) => (
                <td key={axes[c]} className="jp-mod-numeric">
                  {String(values[i] ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {data.ids.length > most && (
        <p className="jp-mlnb-Muted">
          {trans.__('The first %1 of %2.', most, data.ids.length)}
        </p>
      )}
    </div>
  );
}

/** A picture as text becomes a file: as it is, or drawn twice as large. */
async function pictureOf(svg: string, format: 'png' | 'svg'): Promise<string> {
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  if (format === 'svg') {
    return address;
  }
  const image = new Image();
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error('The picture could not be drawn.'));
    image.src = address;
  });
  const canvas = document.createElement('canvas');
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  const pen = canvas.getContext('2d');
  pen?.scale(2, 2);
  pen?.drawImage(image, 0, 0);
  return canvas.toDataURL('image/png');
}
