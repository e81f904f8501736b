/** Values, kinds and measures of a profile in words. */
import type {
  Basis,
  ColumnKind,
  IAssociation,
  IColumnProfile,
  IProfileSource,
  Severity
} from '../api/types.explore';
import type { Tone } from '../components/State';
import { formatNumber } from '../format';
import type { ITrans } from '../host';

export function kindWord(kind: ColumnKind, trans: ITrans): string {
  return {
    numeric: trans.__('number'),
    categorical: trans.__('category'),
    boolean: trans.__('yes or no'),
    datetime: trans.__('time'),
    text: trans.__('text'),
    other: trans.__('other')
  }[kind];
}

export function severityState(
  severity: Severity,
  trans: ITrans
): { tone: Tone; label: string } {
  switch (severity) {
    case 'BLOCKED':
      return { tone: 'bad', label: trans.__('blocks training') };
    case 'WARNING':
      return { tone: 'warn', label: trans.__('warning') };
    default:
      return { tone: 'accent', label: trans.__('to know') };
  }
}

export function metricName(association: { metric: string }): string {
  return { auc: 'AUC', r2: 'R²' }[association.metric] ?? association.metric;
}

/** What a column that says nothing of the target reaches. */
export function chance(association: IAssociation): number {
  return association.metric === 'auc' ? 0.5 : 0;
}

/** How sure a figure is, for its tooltip; empty where it is exact. */
export function basisText(
  basis: Basis | undefined,
  column: IColumnProfile,
  rows: number,
  trans: ITrans
): string {
  switch (basis) {
    case 'sample':
      return trans.__('from a sample of %1 rows', formatNumber(rows));
    case 'bound':
      return column.bin_width === undefined
        ? trans.__('within a stated bound')
        : trans.__(
            'within %1 of the exact figure',
            formatNumber(column.bin_width)
          );
    default:
      return '';
  }
}

export function sourceName(source: IProfileSource, trans: ITrans): string {
  return source.version === undefined
    ? source.name
    : trans.__('%1, version %2', source.name, source.version);
}

/** A time as told by the server, a text or microseconds since 1970, in milliseconds; NaN where it is none. */
export function timeOf(value: unknown): number {
  if (typeof value === 'number') {
    return value / 1000;
  }
  const text = String(value).replace(' ', 'T');
  return Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
}

/** A time as it is written in the data: no zone, no more than it needs. */
export function timeText(value: unknown): string {
  const ms = timeOf(value);
  if (!Number.isFinite(ms)) {
    return String(value);
  }
  const text = new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
  return text.endsWith(' 00:00:00')
    ? text.slice(0, 10)
    : text.replace(/:00$/, '');
}

/** A figure of a column: times as times, numbers in four digits, texts as they are. */
export function valueText(
  value: number | string | undefined,
  kind: ColumnKind
): string {
  if (value === undefined) {
    return '–';
  }
  if (kind === 'datetime') {
    return timeText(value);
  }
  return typeof value === 'number' ? formatNumber(value) : value;
}
