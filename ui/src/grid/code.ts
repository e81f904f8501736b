/** Python that draws a picture of a frame with plotly, as a person would write it. */
import type { IDrillResult } from '../api/types.explore';
import type { IChoice } from './choice';

/** A text as a Python literal. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

const PLAIN = /^[A-Za-z_]\w*$/;

const DAY = 86_400_000;

/** The steps of a picture along time, as pandas calls them: what it shows is what the code shows. */
export function stepOf(result: IDrillResult | undefined): string {
  const times = [
    ...new Set((result?.columns.x ?? []).map(at => Date.parse(`${at}Z`)))
  ].sort((a, b) => a - b);
  const gaps = times.slice(1).map((at, i) => at - times[i]);
  const gap = Math.min(...gaps, Infinity);
  const steps: readonly [number, string][] = [
    [364 * DAY, 'freq="YS"'],
    [89 * DAY, 'freq="QS"'],
    [27 * DAY, 'freq="MS"'],
    [7 * DAY, 'freq="W-MON", label="left", closed="left"'],
    [DAY, 'freq="D"'],
    [3_600_000, `freq="${Math.round(gap / 3_600_000)}h"`],
    [60_000, `freq="${Math.round(gap / 60_000)}min"`]
  ];
  return (
    (Number.isFinite(gap) && steps.find(([size]) => gap >= size)?.[1]) ||
    'freq="D"'
  );
}

export function codeOf(
  choice: IChoice,
  name: string | undefined,
  types: Readonly<Record<string, string>>,
  step = 'freq="D"'
): string {
  const frame = name && PLAIN.test(name) ? name : 'df';
  const { kind, y, by, aggregate } = choice;
  const x = literal(choice.x);
  const color = by ? `, color=${literal(by)}` : '';
  const lines = ['import plotly.express as px', ''];
  switch (kind) {
    case 'hist':
      lines.push(`px.histogram(${frame}, x=${x}, nbins=40)`);
      break;
    case 'scatter':
      lines.push(
        `px.scatter(${frame}.sample(min(len(${frame}), 2000), random_state=0), x=${x}, y=${literal(y ?? '')}${color}, opacity=0.6)`
      );
      break;
    case 'box':
      lines.push(
        `px.box(${frame}, x=${x}${by ? `, y=${literal(by)}, orientation="h"` : ''})`
      );
      break;
    case 'cross':
      lines.push(
        `px.density_heatmap(${frame}, x=${x}, y=${literal(y ?? '')}, text_auto=True)`
      );
      break;
    default:
      if (isTime(choice, types)) {
        lines.unshift('import pandas as pd');
      }
      lines.push(...summary(choice, frame, isTime(choice, types), step));
      lines.push(
        kind === 'bars'
          ? `px.bar(shown, x=${x}, y="value"${color}${by ? ', barmode="group"' : ''})`
          : `px.line(shown, x=${x}, y="value"${color}, markers=True)`
      );
  }
  if (y && aggregate && (kind === 'bars' || kind === 'over_time')) {
    const last = lines.length - 1;
    lines[last] = lines[last].replace(
      /\)$/,
      `, labels={"value": ${literal(`${aggregate} of ${y}`)}})`
    );
  } else if (kind === 'bars' || kind === 'over_time') {
    const last = lines.length - 1;
    lines[last] = lines[last].replace(/\)$/, ', labels={"value": "rows"})');
  }
  return lines.join('\n');
}

/** The rows of a bar or line picture: groups and their aggregate. */
function summary(
  choice: IChoice,
  frame: string,
  isTime: boolean,
  step: string
): string[] {
  const { kind, y, by, aggregate } = choice;
  const x = literal(choice.x);
  const along = isTime ? `pd.Grouper(key=${x}, ${step})` : x;
  const keys = by ? `[${along}, ${literal(by)}]` : along;
  const value = y && aggregate ? `[${literal(y)}].${aggregate}()` : '.size()';
  const made = `${frame}.groupby(${keys}, dropna=False)${value}.rename("value").reset_index()`;
  const lines = [`shown = ${made}`];
  if (kind === 'bars' && !by) {
    lines.push('shown = shown.nlargest(40, "value")');
  }
  return lines;
}

function isTime(
  choice: IChoice,
  types: Readonly<Record<string, string>>
): boolean {
  return (
    choice.kind === 'over_time' &&
    /^(timestamp|date)/i.test(types[choice.x] ?? '')
  );
}
