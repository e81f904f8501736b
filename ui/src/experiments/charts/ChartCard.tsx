import * as React from 'react';
import type { CurveAxis, IRunSearch } from '../../api/types.runs';
import { specToCsv } from '../../charts/ChartTable';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import type { IconName } from '../../components/Icon';
import { Popover } from '../../components/Popover';
import { fileName, saveText } from '../../grid/saveFile';
import { useHost } from '../../host';
import type { IHost, ITrans } from '../../host';
import { CardForm } from './CardForm';
import { CardPicture } from './CardPicture';
import type { IPictureHandle } from './CardPicture';
import { CHROME, MoveHandle, SizeHandle } from './CardHandles';
import { cardTitle, HEIGHTS } from './cards';
import type { CardKind, ICard, IKnown } from './cards';
import type { IShownRuns } from './useShownRuns';

export const KIND_ICONS: Record<CardKind, IconName> = {
  parallel: 'parallel',
  scatter: 'scatter',
  contour: 'contour',
  bar: 'bars',
  line: 'chart'
};

/** What a card shows, in words; a course is told from the bars of the same metric. */
function titleOf(card: ICard, trans: ITrans): string {
  const title = cardTitle(card);
  if (card.kind !== 'line') {
    return title || trans.__('Parallel coordinates');
  }
  const axes: Record<CurveAxis, string> = {
    step: trans.__('steps'),
    time: trans.__('time'),
    relative_time: trans.__('seconds since start')
  };
  return trans.__('%1 over %2', title, axes[card.over ?? 'step']);
}

/** Pixels of the board around a card. */
const AROUND = 28;
const STEP_OF_ROOM = 20;

/** Unless somebody chose a height, a picture is seen whole: it takes less in a low place. */
function heightIn(room: number, card: ICard): number {
  return room > 0 && card.height === HEIGHTS.usual
    ? // Not with every pixel by which the place changes.
      Math.floor(
        Math.max(HEIGHTS.least, Math.min(card.height, room - CHROME - AROUND)) /
          STEP_OF_ROOM
      ) * STEP_OF_ROOM
    : card.height;
}

export interface IChartCardProps {
  card: ICard;
  known: IKnown;
  search: IRunSearch;
  shown: IShownRuns;
  /** Place among the cards, and how many there are. */
  index: number;
  count: number;
  /** Height of the place where cards stand; 0 while it is not known. */
  room: number;
  isFull: boolean;
  onFull: (full: boolean) => void;
  onChange: (change: Partial<ICard>) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
  onSelect: (runs: { run_id: string; name: string }[] | null) => void;
}

/** A picture with what changes, moves, enlarges, saves and removes it. */
export function ChartCard(props: IChartCardProps): JSX.Element {
  const { card, index, count, isFull, onMove } = props;
  const host = useHost();
  const { trans } = host;
  const node = React.useRef<HTMLElement>(null);
  const handle = React.useRef<IPictureHandle | null>(null);
  const [asTable, setAsTable] = React.useState(false);
  const [fullHeight, setFullHeight] = React.useState(0);
  const title = titleOf(card, trans);
  const height = heightIn(props.room, card);

  React.useLayoutEffect(() => {
    if (!isFull || !node.current) {
      return;
    }
    const read = (): void =>
      setFullHeight((node.current?.clientHeight ?? 0) - CHROME);
    read();
    const observer = new ResizeObserver(read);
    observer.observe(node.current);
    return () => observer.disconnect();
  }, [isFull]);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (isFull && event.key === 'Escape') {
      event.stopPropagation();
      props.onFull(false);
    }
  };
  return (
    <section
      ref={node}
      className={`jp-mlnb-Card${isFull ? ' jp-mod-full' : ''}`}
      aria-label={title}
      data-card={card.id}
      style={isFull ? undefined : { gridColumn: `span ${card.width}` }}
      onKeyDown={onKeyDown}
    >
      <header className="jp-mlnb-Card-head">
        {!isFull && (
          <MoveHandle
            card={card}
            index={index}
            count={count}
            title={title}
            onMove={onMove}
          />
        )}
        <Icon name={KIND_ICONS[card.kind]} />
        <h2 title={title}>
          <bdi>{title}</bdi>
        </h2>
        <span className="jp-mlnb-Card-tools">
          <Button
            label={
              asTable ? trans.__('Show as chart') : trans.__('Show as table')
            }
            icon={asTable ? 'chart' : 'table'}
            iconOnly
            pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          />
          <Popover label={trans.__('What it shows')} icon="edit" iconOnly>
            <CardForm
              card={card}
              known={props.known}
              onChange={props.onChange}
            />
          </Popover>
          <Button
            label={
              isFull ? trans.__('Leave full screen') : trans.__('Full screen')
            }
            icon={isFull ? 'exitFullScreen' : 'fullScreen'}
            iconOnly
            onClick={() => props.onFull(!isFull)}
          />
          <Button
            label={trans.__('More of %1', title)}
            icon="more"
            iconOnly
            onClick={event => {
              const box = event.currentTarget.getBoundingClientRect();
              host.menu?.(
                [
                  ...saveItems(host, handle, title),
                  { kind: 'line' },
                  {
                    label: trans.__('Move to the front'),
                    run: () => onMove(0)
                  },
                  {
                    label: trans.__('Move forward'),
                    run: () => onMove(index - 1)
                  },
                  {
                    label: trans.__('Move back'),
                    run: () => onMove(Math.min(index + 1, count - 1))
                  },
                  { kind: 'line' },
                  { label: trans.__('Remove'), run: props.onRemove }
                ],
                { x: box.left, y: box.bottom }
              );
            }}
          />
        </span>
      </header>
      <div className="jp-mlnb-Card-body">
        <CardPicture
          card={card}
          height={isFull ? Math.max(fullHeight, 200) : height}
          search={props.search}
          shown={props.shown}
          asTable={asTable}
          onChange={props.onChange}
          onSelect={props.onSelect}
          handle={handle}
        />
      </div>
      {!isFull && (
        <SizeHandle
          card={card}
          height={height}
          title={title}
          onChange={props.onChange}
        />
      )}
    </section>
  );
}

function saveItems(
  host: IHost,
  handle: React.MutableRefObject<IPictureHandle | null>,
  title: string
): { label: string; run: () => void }[] {
  const { trans } = host;
  const save = async (format: 'png' | 'svg'): Promise<void> => {
    try {
      const address = await handle.current?.picture(format);
      if (address) {
        const link = document.createElement('a');
        link.href = address;
        link.download = fileName(`${title || 'chart'}.${format}`);
        link.click();
      }
    } catch (error) {
      host.notify({ kind: 'error', message: (error as Error).message });
    }
  };
  return [
    { label: trans.__('Save as PNG'), run: () => void save('png') },
    { label: trans.__('Save as SVG'), run: () => void save('svg') },
    {
      label: trans.__('Save as CSV'),
      run: () => {
        const spec = handle.current?.table();
        if (spec) {
          saveText(`${title || 'chart'}.csv`, 'text/csv', specToCsv(spec));
        }
      }
    }
  ];
}
