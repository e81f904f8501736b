import * as React from 'react';
import { Button } from '../components/Button';
import { useHost, useTrans } from '../host';
import { ChartTable, specToCsv } from './ChartTable';
import type { IChartEngine, IChartSpec } from './engine';
import { onThemeChange, readTheme } from './theme';

export interface IChartProps {
  spec: IChartSpec;
  /** The picture in a sentence: what a screen reader hears. */
  label: string;
  height?: number;
  onPick?: (id: string) => void;
  /** The points in a box that was drawn; null when it was taken away. */
  onSelect?: (ids: string[] | null) => void;
}

/** A picture of series with a table as its twin; drawn again when theme or size change. */
export function Chart(props: IChartProps): JSX.Element {
  const { spec, label, height = 260 } = props;
  const trans = useTrans();
  const [asTable, setAsTable] = React.useState(false);
  const engine = React.useRef<IChartEngine | null>(null);
  const node = React.useRef<HTMLDivElement>(null);

  const save = async (format: 'png' | 'svg'): Promise<void> => {
    if (engine.current && node.current) {
      download(await engine.current.picture(node.current, format), format);
    }
  };
  return (
    <figure className="jp-mlnb-Chart" aria-label={label}>
      <div className="jp-mlnb-Chart-tools">
        <Button
          label={
            asTable ? trans.__('Show as chart') : trans.__('Show as table')
          }
          icon={asTable ? 'chart' : 'table'}
          iconOnly
          onClick={() => setAsTable(!asTable)}
        />
        {asTable ? (
          <Button
            label={trans.__('Save as CSV')}
            icon="file"
            iconOnly
            onClick={() =>
              download(
                `data:text/csv;charset=utf-8,${encodeURIComponent(specToCsv(spec))}`,
                'csv'
              )
            }
          />
        ) : (
          <Button
            label={trans.__('Save as PNG')}
            icon="file"
            iconOnly
            onClick={() => void save('png')}
          />
        )}
      </div>
      {asTable ? (
        <ChartTable spec={spec} label={label} />
      ) : (
        <ChartCanvas {...props} height={height} node={node} engine={engine} />
      )}
    </figure>
  );
}

function download(url: string, extension: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = `chart.${extension}`;
  link.click();
}

/** The picture alone, for those who have tools of their own. */
export function ChartCanvas(
  props: IChartProps & {
    node: React.RefObject<HTMLDivElement>;
    engine: React.MutableRefObject<IChartEngine | null>;
  }
): JSX.Element {
  const { spec, onPick, onSelect, node, engine } = props;
  const host = useHost();
  const trans = useTrans();
  const [failed, setFailed] = React.useState(false);
  const [ready, setReady] = React.useState(false);

  React.useEffect(() => {
    let current = true;
    const element = node.current;
    host.charts().then(
      loaded => {
        if (current) {
          engine.current = loaded;
          setReady(true);
        }
      },
      () => current && setFailed(true)
    );
    return () => {
      current = false;
      if (element) {
        engine.current?.dispose(element);
      }
    };
  }, [host, node, engine]);

  React.useEffect(() => {
    const element = node.current;
    if (!ready || !element) {
      return;
    }
    const draw = (): void => {
      if (element.clientWidth > 0) {
        void engine.current?.draw(
          element,
          spec,
          readTheme(element),
          onPick,
          onSelect
        );
      }
    };
    draw();
    const stop = onThemeChange(draw);
    let drawn = element.clientWidth > 0;
    const observer = new ResizeObserver(() => {
      if (drawn) {
        engine.current?.resize(element);
      } else if (element.clientWidth > 0) {
        drawn = true;
        draw();
      }
    });
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
    };
  }, [ready, spec, onPick, onSelect, node, engine]);

  return failed ? (
    <>
      <p className="jp-mlnb-Chart-note">
        {trans.__('The picture could not be loaded; here are its figures.')}
      </p>
      <ChartTable spec={spec} label={props.label} />
    </>
  ) : (
    <div
      ref={node}
      className="jp-mlnb-Chart-canvas"
      role="img"
      aria-label={props.label}
      style={{ height: props.height }}
    />
  );
}
