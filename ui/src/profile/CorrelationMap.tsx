import * as React from 'react';
import type {
  ICorrelation,
  ICorrelations,
  IProfile
} from '../api/types.explore';
import { Button } from '../components/Button';
import { Section } from '../components/Page';
import { formatInteger } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import type { Filters } from './brush';
import { PairView } from './PairView';

/** Up to so many columns a cell has room for its figure. */
const ROOM_FOR_FIGURES = 14;

type Pair = readonly [string, string];

function measureName(measure: string, trans: ITrans): string {
  return (
    {
      pearson: trans.__('linear correlation'),
      spearman: trans.__('rank correlation'),
      cramers_v: trans.__('Cramér’s V'),
      correlation_ratio: trans.__('correlation ratio')
    }[measure] ?? measure
  );
}

/** Which columns go together: the strongest pairs as a list, all of them as a map, and one pair drawn. */
export function CorrelationsView(props: {
  profile: IProfile;
  correlations: ICorrelations;
  filters: Filters;
}): JSX.Element {
  const { profile, correlations } = props;
  const trans = useTrans();
  const { columns = [], pairs = [], rows = 0, left_out = 0 } = correlations;
  const [chosen, setChosen] = React.useState<Pair | null>(null);
  const column = profile.columns.find(one => one.column_name === chosen?.[0]);
  return (
    <div className="jp-mlnb-Columns">
      {columns.length > 1 && (
        <Section title={trans.__('All pairs')}>
          <PairMap
            correlations={correlations}
            chosen={chosen}
            onChoose={setChosen}
          />
          <Legend />
          <p className="jp-mlnb-Muted">
            {trans._n(
              'From %2 row; columns that go together stand together.',
              'From %2 rows; columns that go together stand together.',
              rows,
              formatInteger(rows)
            )}{' '}
            {left_out > 0 &&
              trans._n(
                '%1 column is left out.',
                '%1 columns are left out.',
                left_out
              )}
          </p>
        </Section>
      )}
      <Section title={trans.__('Strongest pairs')}>
        <table
          className="jp-mlnb-Table jp-mlnb-StrongPairs"
          aria-label={trans.__('Strongest pairs')}
        >
          <tbody>
            {pairs.slice(0, 15).map(pair => (
              <StrongPair
                key={`${pair.left}\n${pair.right}`}
                pair={pair}
                chosen={
                  chosen !== null &&
                  chosen.includes(pair.left) &&
                  chosen.includes(pair.right)
                }
                onChoose={() => setChosen([pair.left, pair.right])}
              />
            ))}
          </tbody>
        </table>
        {chosen && column && (
          <div className="jp-mlnb-StrongPairs-picture">
            <PairView
              key={chosen.join('\n')}
              profile={profile}
              column={column}
              other={chosen[1]}
              filters={props.filters}
            />
          </div>
        )}
      </Section>
    </div>
  );
}

function StrongPair(props: {
  pair: ICorrelation;
  chosen: boolean;
  onChoose: () => void;
}): JSX.Element {
  const { pair } = props;
  const trans = useTrans();
  const size = Math.min(Math.abs(pair.value), 1) * 50;
  const name = trans.__('%1 and %2', pair.left, pair.right);
  return (
    <tr>
      <th scope="row">
        <Button
          label={name}
          kind="link"
          pressed={props.chosen}
          title={name}
          onClick={props.onChoose}
        />
      </th>
      <td title={measureName(pair.measure, trans)}>
        <span className="jp-mlnb-Signed" aria-hidden="true">
          <span
            className={pair.value < 0 ? 'jp-mod-negative' : undefined}
            style={
              pair.value < 0
                ? { right: '50%', width: `${size}%` }
                : { left: '50%', width: `${size}%` }
            }
          />
        </span>
      </td>
      <td className="jp-mod-numeric" title={measureName(pair.measure, trans)}>
        {signed(pair.value)}
      </td>
    </tr>
  );
}

function signed(value: number): string {
  return value < 0
    ? `−${Math.abs(value).toFixed(2)}`
    : Math.abs(value).toFixed(2);
}

/** All pairs below the diagonal. One stop of the Tab key; arrows move, Enter draws the pair. */
function PairMap(props: {
  correlations: ICorrelations;
  chosen: Pair | null;
  onChoose: (pair: Pair) => void;
}): JSX.Element {
  const { onChoose, chosen } = props;
  const { columns = [], matrix = [] } = props.correlations;
  const trans = useTrans();
  const root = React.useRef<HTMLDivElement>(null);
  const [place, setPlace] = React.useState<readonly [number, number]>([1, 0]);
  const figures = columns.length <= ROOM_FOR_FIGURES;

  const move = (row: number, cell: number): void => {
    if (row < 1 || row >= columns.length || cell < 0 || cell >= row) {
      return;
    }
    setPlace([row, cell]);
    root.current
      ?.querySelector<HTMLElement>(`[data-pair="${row}-${cell}"]`)
      ?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const [row, cell] = place;
    const next = {
      ArrowRight: [row, cell + 1],
      ArrowLeft: [row, cell - 1],
      ArrowUp: [row - 1, Math.min(cell, row - 2)],
      ArrowDown: [row + 1, cell],
      Home: [row, 0],
      End: [row, row - 1]
    }[event.key];
    if (next) {
      event.preventDefault();
      move(next[0], next[1]);
    }
  };
  return (
    <div
      ref={root}
      className={`jp-mlnb-CorrelationMap${figures ? '' : ' jp-mod-dense'}`}
      role="group"
      aria-label={trans.__('Correlations of all pairs')}
      style={{ '--jp-mlnb-windows': columns.length - 1 } as React.CSSProperties}
      onKeyDown={onKeyDown}
    >
      {columns.slice(1).map((name, i) => {
        const row = i + 1;
        return (
          <div key={name} className="jp-mlnb-CorrelationMap-row">
            <bdi title={name}>{name}</bdi>
            <div>
              {columns.slice(0, row).map((other, cell) => {
                const value = matrix[row]?.[cell] ?? null;
                const words =
                  value === null
                    ? trans.__('%1 and %2: not defined', name, other)
                    : trans.__('%1 and %2: %3', name, other, signed(value));
                return (
                  <button
                    key={other}
                    type="button"
                    data-pair={`${row}-${cell}`}
                    className={
                      value === null
                        ? 'jp-mod-none'
                        : value < 0
                          ? 'jp-mod-negative'
                          : undefined
                    }
                    tabIndex={place[0] === row && place[1] === cell ? 0 : -1}
                    aria-label={words}
                    aria-pressed={
                      chosen !== null &&
                      chosen.includes(name) &&
                      chosen.includes(other)
                    }
                    title={words}
                    style={
                      {
                        '--jp-mlnb-depth': `${Math.round(Math.abs(value ?? 0) * 60)}%`
                      } as React.CSSProperties
                    }
                    onFocus={() => setPlace([row, cell])}
                    onClick={() => onChoose([name, other])}
                  >
                    {figures && value !== null ? signed(value) : null}
                  </button>
                );
              })}
            </div>
          </div>
        );
      })}
      <div className="jp-mlnb-CorrelationMap-axis" aria-hidden="true">
        <span />
        <div>
          {columns.slice(0, -1).map(name => (
            <span key={name}>
              <bdi>{name}</bdi>
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

function Legend(): JSX.Element {
  const trans = useTrans();
  return (
    <div className="jp-mlnb-CorrelationMap-legend" aria-hidden="true">
      <span>−1</span>
      <span className="jp-mod-scale" />
      <span>+1</span>
      <span className="jp-mod-none" />
      <span>{trans.__('not defined')}</span>
    </div>
  );
}
