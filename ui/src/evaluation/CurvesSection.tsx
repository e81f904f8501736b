import * as React from 'react';
import type { ICurveRow } from '../api/types.evaluation';
import { Chart } from '../charts/Chart';
import type { IChartSpec } from '../charts/engine';
import { Section } from '../components/Page';
import { useTrans } from '../host';
import type { ITrans } from '../host';

/** Curves that are best when they hug a corner; the line is what chance alone gives. */
const DIAGONAL = /roc|calibration/i;

/** ROC, precision and recall, calibration, residuals. */
export function CurvesSection(props: {
  curves: readonly ICurveRow[];
}): JSX.Element | null {
  const { curves } = props;
  const trans = useTrans();
  return curves.length > 0 ? (
    <Section title={trans.__('Curves')}>
      <div className="jp-mlnb-History">
        {curves.map(curve => (
          <Curve key={curve.name} curve={curve} />
        ))}
      </div>
    </Section>
  ) : null;
}

function Curve({ curve }: { curve: ICurveRow }): JSX.Element {
  const trans = useTrans();
  const spec = React.useMemo(() => curveSpec(curve, trans), [curve, trans]);
  return (
    <section className="jp-mlnb-History-card" aria-label={curve.name}>
      <h3>
        <bdi>{curve.name}</bdi>
      </h3>
      <Chart
        spec={spec}
        height={240}
        label={trans.__(
          '%1: %2 over %3',
          curve.name,
          curve.y_label,
          curve.x_label
        )}
      />
    </section>
  );
}

function curveSpec(curve: ICurveRow, trans: ITrans): IChartSpec {
  const isCloud = /residual/i.test(curve.name);
  return {
    legend: false,
    x: { label: curve.x_label, type: 'linear' },
    y: { label: curve.y_label },
    series: [
      ...(DIAGONAL.test(curve.name)
        ? [
            {
              name: trans.__('chance, or perfect calibration'),
              kind: 'path' as const,
              x: [0, 1],
              y: [0, 1],
              color: 7
            }
          ]
        : []),
      {
        name: curve.name,
        kind: isCloud ? ('points' as const) : ('path' as const),
        x: curve.x,
        y: curve.y,
        color: 0
      }
    ]
  };
}
