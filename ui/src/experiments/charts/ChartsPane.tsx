import * as React from 'react';
import type { IRunSearch } from '../../api/types.runs';
import { Button } from '../../components/Button';
import { EmptyState } from '../../components/EmptyState';
import { ErrorView } from '../../components/ErrorView';
import { Popover } from '../../components/Popover';
import { Select } from '../../components/Select';
import { formatInteger } from '../../format';
import { useSize } from '../../hooks/useSize';
import { useTrans } from '../../host';
import type { IActRun } from '../runActions';
import { ChartCard, KIND_ICONS } from './ChartCard';
import { moveCard, newCard } from './cards';
import type { CardKind, IKnown } from './cards';
import type { ICards } from './useCards';
import { MOST_POINTS } from './useShownRuns';
import type { IShownRuns, ShownMode } from './useShownRuns';

export interface IChartsPaneProps {
  /** Which runs there are; pictures have an order of their own. */
  search: IRunSearch;
  keys: IKnown;
  cards: ICards;
  shown: IShownRuns;
  onMode: (mode: ShownMode) => void;
  /** Runs within a brush or a box; null when it was taken away. */
  onSelect: (runs: readonly IActRun[] | null) => void;
  isReady: boolean;
}

/** Pictures of the runs that are shown, arranged by whoever looks at them; not drawn again when only the table is another. */
export const ChartsPane = React.memo(function ChartsPane(
  props: IChartsPaneProps
): JSX.Element {
  const { keys, cards, shown } = props;
  const trans = useTrans();
  const [full, setFull] = React.useState<string | null>(null);
  const board = React.useRef<HTMLDivElement>(null);
  const { height: room } = useSize(board);
  const nothing = props.isReady && keys.metrics.length === 0;
  if (nothing && cards.cards.length === 0) {
    return (
      <EmptyState
        icon="chart"
        title={trans.__('Nothing to draw yet')}
        text={trans.__('Pictures show metrics, and no run has logged one.')}
      />
    );
  }
  return (
    <div
      className="jp-mlnb-Charts"
      role="region"
      aria-label={trans.__('Pictures')}
    >
      <div className="jp-mlnb-Bar jp-mlnb-Charts-bar">
        <ShownChoice {...props} />
        <span className="jp-mlnb-Bar-space" />
        {cards.isChanged && (
          <Button
            label={trans.__('Reset')}
            kind="link"
            title={trans.__('The pictures one begins with')}
            onClick={cards.reset}
          />
        )}
        <AddCard keys={keys} cards={cards} />
      </div>
      {shown.error && !shown.isReady && <ErrorView error={shown.error} />}
      <div ref={board} className="jp-mlnb-Charts-board">
        {props.isReady &&
          cards.isReady &&
          cards.cards.map((card, i) => (
            <ChartCard
              key={card.id}
              card={card}
              known={keys}
              search={props.search}
              shown={shown}
              index={i}
              count={cards.cards.length}
              room={room}
              isFull={full === card.id}
              onFull={on => setFull(on ? card.id : null)}
              onChange={change => cards.change(card.id, change)}
              onMove={to => cards.set(moveCard(cards.cards, card.id, to))}
              onRemove={() =>
                cards.set(cards.cards.filter(one => one.id !== card.id))
              }
              onSelect={props.onSelect}
            />
          ))}
      </div>
    </div>
  );
});

/** Which of the runs are drawn, and how many that are. */
function ShownChoice(props: IChartsPaneProps): JSX.Element {
  const { shown, onMode } = props;
  const trans = useTrans();
  return (
    <>
      <Select
        label={trans.__('Show')}
        value={shown.mode}
        options={[
          ...(['10', '20', '50', '100'] as const).map(count => ({
            value: count,
            label: trans.__('%1 newest', count)
          })),
          { value: 'all', label: trans.__('all runs') },
          { value: 'chosen', label: trans.__('chosen runs') }
        ]}
        onChange={mode => onMode(mode as ShownMode)}
      />
      <span className="jp-mlnb-Bar-note" role="status">
        {shown.isReady &&
          (shown.sampled
            ? trans.__(
                '%1 of %2 runs: the best, the pinned and a fair part of the others',
                formatInteger(Math.min(shown.ids.length, MOST_POINTS)),
                formatInteger(shown.total)
              )
            : trans.__(
                '%1 of %2 runs',
                formatInteger(shown.ids.length),
                formatInteger(Math.max(shown.total, shown.ids.length))
              ))}
      </span>
    </>
  );
}

function AddCard(props: { keys: IKnown; cards: ICards }): JSX.Element {
  const { keys, cards } = props;
  const trans = useTrans();
  const kinds: readonly [CardKind, string, string][] = [
    [
      'parallel',
      trans.__('Parallel coordinates'),
      trans.__('parameters beside metrics, a line for each run')
    ],
    ['scatter', trans.__('Scatter'), trans.__('one value against another')],
    ['contour', trans.__('Contour'), trans.__('a metric over two parameters')],
    ['bar', trans.__('Bars'), trans.__('a metric, run by run or by group')],
    ['line', trans.__('Lines'), trans.__('a metric over steps or time')]
  ];
  return (
    <Popover label={trans.__('Add picture')} icon="plus">
      {close => (
        <ul
          className="jp-mlnb-List jp-mlnb-AddCard"
          aria-label={trans.__('Kinds of pictures')}
        >
          {kinds.map(([kind, label, detail]) => (
            <li key={kind}>
              <Button
                label={label}
                icon={KIND_ICONS[kind]}
                onClick={() => {
                  cards.set([newCard(kind, keys), ...cards.cards]);
                  close();
                }}
              />
              <small>{detail}</small>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}
