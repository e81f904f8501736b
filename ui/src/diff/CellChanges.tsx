import * as React from 'react';
import type { ICellDiff } from '../api/types.compare';
import { firstLine } from '../components/Code';
import { Icon } from '../components/Icon';
import { Section } from '../components/Page';
import { State, Tag } from '../components/State';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { parseUnified, wholeText } from './lines';
import { TextDiff } from './TextDiff';
import type { DiffView } from './TextDiff';
import { changeWord } from './words';

/** The executed cells, aligned: what changed in each of them. */
export function CellChanges(props: {
  cells: readonly ICellDiff[];
  view: DiffView;
  /** Cells that were executed, those that are the same among them. */
  total: number;
}): JSX.Element | null {
  const { cells, view, total } = props;
  const trans = useTrans();
  if (cells.length === 0) {
    return null;
  }
  return (
    <Section
      title={trans.__('Code')}
      aside={
        <span className="jp-mlnb-Muted">
          {trans._n('%1 executed cell', '%1 executed cells', total)}
        </span>
      }
    >
      {cells.map(cell => (
        <CellChange
          // Its place among those that are shown changes; its places in the runs do not.
          key={`${cell.a_position} ${cell.b_position}`}
          cell={cell}
          view={view}
        />
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
