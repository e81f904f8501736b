import * as React from 'react';
import { useTrans } from '../host';
import { sideBySide } from './lines';
import type { IDiffLine } from './lines';

export type DiffView = 'split' | 'unified';

/** Two states of a text, one below the other or side by side. */
export function TextDiff(props: {
  lines: readonly IDiffLine[];
  view: DiffView;
  label: string;
}): JSX.Element {
  const { lines, view, label } = props;
  const oneSided =
    lines.every(line => line.kind !== 'added') ||
    lines.every(line => line.kind !== 'removed');
  return view === 'split' && !oneSided ? (
    <Split lines={lines} label={label} />
  ) : (
    <Unified lines={lines} label={label} />
  );
}

function Unified(props: {
  lines: readonly IDiffLine[];
  label: string;
}): JSX.Element {
  const { lines, label } = props;
  return (
    <div
      className="jp-mlnb-TextDiff"
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <table role="presentation">
        <tbody>
          {lines.map((line, i) => (
            <tr key={i} className={`jp-mod-${line.kind}`}>
              <Number value={line.a} />
              <Number value={line.b} />
              <Line line={line} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Split(props: {
  lines: readonly IDiffLine[];
  label: string;
}): JSX.Element {
  const pairs = React.useMemo(() => sideBySide(props.lines), [props.lines]);
  return (
    <div
      className="jp-mlnb-TextDiff jp-mod-split"
      tabIndex={0}
      role="region"
      aria-label={props.label}
    >
      <table role="presentation">
        <colgroup>
          <col className="jp-mlnb-TextDiff-number" />
          <col className="jp-mlnb-TextDiff-side" />
          <col className="jp-mlnb-TextDiff-number" />
          <col className="jp-mlnb-TextDiff-side" />
        </colgroup>
        <tbody>
          {pairs.map(({ a, b }, i) => (
            <tr
              key={i}
              className={a?.kind === 'gap' ? 'jp-mod-gap' : undefined}
            >
              <Number value={a?.a} kind={a?.kind ?? 'empty'} />
              <Side line={a} />
              <Number value={b?.b} kind={b?.kind ?? 'empty'} />
              <Side line={b} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Number(props: { value?: number; kind?: string }): JSX.Element {
  return (
    <td
      className={`jp-mlnb-TextDiff-line${props.kind ? ` jp-mod-${props.kind}` : ''}`}
      aria-hidden
    >
      {props.value}
    </td>
  );
}

function Side({ line }: { line: IDiffLine | undefined }): JSX.Element {
  return line ? (
    <Line line={line} kind={line.kind} />
  ) : (
    <td className="jp-mod-empty" />
  );
}

function Line(props: { line: IDiffLine; kind?: string }): JSX.Element {
  const { line, kind } = props;
  const trans = useTrans();
  const { text, mark } = line;
  // A sign is read aloud and copied; colour alone would say nothing.
  const sign = { added: '+', removed: '−', same: ' ', gap: '' }[line.kind];
  return (
    <td className={`jp-mlnb-TextDiff-text${kind ? ` jp-mod-${kind}` : ''}`}>
      {line.kind === 'gap' ? (
        <span aria-label={trans.__('Lines that are the same are left out')}>
          ⋯
        </span>
      ) : (
        <>
          <span className="jp-mlnb-TextDiff-sign">{sign}</span>
          {mark && mark[1] > mark[0] ? (
            <>
              {text.slice(0, mark[0])}
              <mark>{text.slice(mark[0], mark[1])}</mark>
              {text.slice(mark[1])}
            </>
          ) : (
            text
          )}
        </>
      )}
    </td>
  );
}
