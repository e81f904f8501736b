/** Runs as rows, read from a page that holds them by column. */
import type { Cell, IColumnarPage } from '../api/types';
import type { Tone } from '../components/State';
import type { ITrans } from '../host';

export interface IRunRow {
  id: string;
  cells: Readonly<Record<string, Cell>>;
}

export function rowsOf(page: IColumnarPage): IRunRow[] {
  return page.ids.map((id, i) => ({
    id,
    cells: Object.fromEntries(
      page.columns.map(column => [column.key, column.values[i] ?? null])
    )
  }));
}

export interface IRunState {
  tone: Tone;
  label: string;
}

export function runState(status: Cell, trans: ITrans): IRunState {
  switch (status) {
    case 'FINISHED':
      return { tone: 'good', label: trans.__('Finished') };
    case 'RUNNING':
      return { tone: 'busy', label: trans.__('Running') };
    case 'FAILED':
      return { tone: 'bad', label: trans.__('Failed') };
    case 'KILLED':
      return { tone: 'warn', label: trans.__('Stopped') };
    default:
      return { tone: 'idle', label: trans.__('Scheduled') };
  }
}

/** `metrics.val_auc` without what all columns of its kind begin with. */
export function shortKey(key: string): string {
  return key.replace(/^(attributes|metrics|params|tags)\./, '');
}
