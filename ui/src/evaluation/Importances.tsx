import * as React from 'react';
import type { IEvaluationResult } from '../api/types.evaluation';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { Section } from '../components/Page';
import { useTrans } from '../host';
import { numberOf } from './figures';

type Rows = NonNullable<IEvaluationResult['importances']>;

const SHOWN = 20;

/** What the predictions rest on: how much worse they get when a column's values are dealt out anew. */
export function Importances({ rows }: { rows: Rows }): JSX.Element | null {
  const trans = useTrans();
  const spec = React.useMemo((): IChartSpec => {
    const shown = [...rows.slice(0, SHOWN)].reverse();
    return {
      horizontal: true,
      legend: false,
      x: { label: '', type: 'category' },
      y: { label: trans.__('Loss added') },
      series: [
        {
          name: trans.__('Loss added'),
          kind: 'dots',
          x: shown.map(row => row.column),
          y: shown.map(row => numberOf(row.value)),
          lower: shown.map(row => numberOf(row.lower)),
          upper: shown.map(row => numberOf(row.upper))
        }
      ]
    };
  }, [rows, trans]);
  return rows.length > 0 ? (
    <Section title={trans.__('What it rests on')}>
      <p className="jp-mlnb-Muted">
        {trans.__(
          'How much the loss rises when a column’s values are dealt out anew among the rows.'
        )}
      </p>
      <Chart
        spec={spec}
        height={56 + Math.min(rows.length, SHOWN) * 24}
        label={trans.__('Importance of columns')}
      />
    </Section>
  ) : null;
}
