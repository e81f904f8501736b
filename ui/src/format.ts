/** Numbers, sizes and times as a person reads them, in the browser's locale. */
import type { Cell } from './api/types';

const grouped = new Intl.NumberFormat();
const precise = new Intl.NumberFormat(undefined, {
  maximumSignificantDigits: 4
});
const scientific = new Intl.NumberFormat(undefined, {
  notation: 'scientific',
  maximumSignificantDigits: 3
});
// Making one takes longer than using it hundreds of times.
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(undefined, {
  notation: 'compact',
  maximumSignificantDigits: 3
});
const percent = new Intl.NumberFormat(undefined, {
  style: 'percent',
  maximumFractionDigits: 1
});
const dateTime = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'short'
});
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export function formatInteger(value: number): string {
  return grouped.format(Math.round(value));
}

/** 336,776 as 337K: where the exact value stands nearby. */
export function formatCompact(value: number): string {
  return Math.abs(value) < 1000 ? formatNumber(value) : compact.format(value);
}

export function formatPercent(fraction: number): string {
  return percent.format(fraction);
}

/** A measured value: four significant digits, integers in full. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) {
    return scientific.format(value);
  }
  return Number.isInteger(value) || size >= 10000
    ? grouped.format(Number.isInteger(value) ? value : Math.round(value))
    : precise.format(value);
}

/**
 * Formats the values of one column alike, so that their points stand below each other: as many
 * decimals as the most precise of them needs for four significant digits.
 */
export function columnFormat(
  values: readonly number[]
): (value: number) => string {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).filter(size => size > 0);
  const [low, high] = [Math.min(...sizes, 1), Math.max(...sizes, 0)];
  if (sizes.length === 0 || low < 1e-4 || high >= 1e6) {
    return formatNumber;
  }
  const needed = finite.map(value => {
    const [, decimals = ''] = String(Number(value.toPrecision(4))).split('.');
    return decimals.length;
  });
  const digits = Math.min(Math.max(...needed), 6);
  const format = new Intl.NumberFormat(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits
  });
  return value =>
    Number.isFinite(value) ? format.format(value) : String(value);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function formatBytes(value: number): string {
  const step = value < 1000 ? 0 : Math.floor(Math.log10(value) / 3);
  const unit = Math.min(step, UNITS.length - 1);
  const scaled = value / 1000 ** unit;
  const shown = (unit === 0 || scaled >= 100 ? whole : tenths).format(scaled);
  return `${shown} ${UNITS[unit]}`;
}

export function formatDuration(ms: number): string {
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 60_000) {
    return `${tenths.format(ms / 1000)} s`;
  }
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [
    Math.floor(seconds / 3600),
    Math.floor((seconds % 3600) / 60),
    seconds % 60
  ];
  return h > 0 ? `${h} h ${m} min` : `${m} min ${s} s`;
}

export function formatTime(ms: number): string {
  return dateTime.format(ms);
}

export function formatDate(ms: number): string {
  return date.format(ms);
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 604_800_000],
  ['month', 2_629_800_000],
  ['year', 31_557_600_000]
];

/** "3 minutes ago", "yesterday". */
export function formatRelative(ms: number, now: number): string {
  const difference = ms - now;
  const size = Math.abs(difference);
  let [unit, length] = STEPS[0];
  for (const step of STEPS) {
    if (size >= step[1]) {
      [unit, length] = step;
    }
  }
  return relative.format(Math.trunc(difference / length), unit);
}

const NUMERIC =
  /^(tinyint|smallint|int|integer|bigint|long|short|byte|float|double|decimal|number|real|numeric|u?int\d+|float\d+)(?![a-z])/i;
const TEMPORAL = /^(timestamp|date|datetime)/i;

export function isNumericType(type: string): boolean {
  return NUMERIC.test(type);
}

export function isTemporalType(type: string): boolean {
  return TEMPORAL.test(type);
}

/** A value of a table or a run; null is left to the caller, who shows it as missing. */
export function formatCell(value: Cell, type = ''): string {
  if (value === null) {
    return '';
  }
  if (typeof value === 'number') {
    return isTemporalType(type) ? formatTimestamp(value, type) : exact(value);
  }
  if (typeof value === 'object') {
    return JSON.stringify(value);
  }
  return String(value);
}

/** Digits of a data value are kept: years and identifiers get no separators. */
function exact(value: number): string {
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(7)));
}

function formatTimestamp(ms: number, type: string): string {
  const text = new Date(ms).toISOString().replace('T', ' ');
  return /^date$/i.test(type) ? text.slice(0, 10) : text.slice(0, 19);
}
