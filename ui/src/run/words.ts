/** Words, tones and figures of runs. */
import type {
  IReplayReport,
  Reproducible,
  ReplayVerdict
} from '../api/types.replay';
import type { Figure } from '../api/types.runs';
import type { IStateProps } from '../components/State';
import { formatNumber } from '../format';
import type { ITrans } from '../host';

export function figureText(value: Figure | undefined | null): string {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

/** A difference with its sign, also where it is none. */
export function differenceText(value: Figure | undefined): string {
  if (typeof value !== 'number') {
    return figureText(value);
  }
  if (value === 0) {
    return '±0';
  }
  return `${value > 0 ? '+' : '−'}${formatNumber(Math.abs(value))}`;
}

/** Whether the notebook, run from top to bottom, would make the run again; null while nobody knows. */
export function reproducibleState(
  value: Reproducible | string | undefined,
  trans: ITrans
): IStateProps | null {
  switch (value) {
    case 'clean':
      return {
        tone: 'good',
        label: trans.__('Reproducible'),
        title: trans.__(
          'The cells that made it stand unchanged in the notebook, and ran in its order.'
        )
      };
    case 'out_of_order':
      return {
        tone: 'warn',
        label: trans.__('Out of order'),
        title: trans.__(
          'Cells ran in another order than they stand: from top to bottom, the notebook may give another result.'
        )
      };
    case 'edited':
      return {
        tone: 'warn',
        label: trans.__('Edited since'),
        title: trans.__(
          'A cell it needs was edited after it had run: the notebook no longer says what made this run.'
        )
      };
    case 'deleted':
      return {
        tone: 'warn',
        label: trans.__('Cells missing'),
        title: trans.__(
          'A cell it needs is no longer in the notebook: run from top to bottom, it would fail or differ.'
        )
      };
    default:
      return null;
  }
}

export function verdictState(
  verdict: ReplayVerdict,
  trans: ITrans
): IStateProps {
  switch (verdict) {
    case 'IDENTICAL':
      return { tone: 'good', label: trans.__('Identical') };
    case 'WITHIN_TOLERANCE':
      return { tone: 'good', label: trans.__('Within tolerance') };
    case 'DIFFERENT':
      return { tone: 'warn', label: trans.__('Different') };
    default:
      return { tone: 'bad', label: trans.__('Failed') };
  }
}

export function replayState(report: IReplayReport, trans: ITrans): IStateProps {
  if (report.verdict) {
    return verdictState(report.verdict, trans);
  }
  switch (report.state) {
    case 'QUEUED':
      return { tone: 'idle', icon: 'clock', label: trans.__('Waiting') };
    case 'RUNNING':
      return { tone: 'busy', label: trans.__('Running') };
    case 'STOPPED':
      return { tone: 'warn', label: trans.__('Stopped') };
    default:
      return { tone: 'bad', label: trans.__('No verdict') };
  }
}

/** What a server says went wrong: its message, and what to do. */
export function errorText(
  error: { [key: string]: unknown } | undefined
): string {
  return [error?.message, error?.hint]
    .filter((part): part is string => typeof part === 'string' && part !== '')
    .join(' ');
}
