import * as React from 'react';
import type { IFinding, IProfileSource } from '../api/types.explore';
import { Button } from '../components/Button';
import { Code } from '../components/Code';
import { explain } from '../components/ErrorView';
import { InsertButton } from '../components/InsertButton';
import { State, Tag } from '../components/State';
import { Popover } from '../components/Popover';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { severityState } from './words';

/** How many stand in view before the rest is asked for. */
const SHOWN = 8;

export interface IFindingsProps {
  findings: readonly IFinding[];
  source?: IProfileSource;
  onColumn?: (name: string) => void;
  /** Absent where nothing can be decided: the finding is only read. */
  onDecide?: (
    finding: IFinding,
    decision: { state: 'open' | 'dismissed'; reason?: string }
  ) => Promise<unknown>;
}

/** What is worth knowing, the worst first, each with what mends it. */
export function Findings(props: IFindingsProps): JSX.Element {
  const trans = useTrans();
  const [all, setAll] = React.useState(false);
  const [dismissed, setDismissed] = React.useState(false);
  const open = props.findings.filter(one => one.state !== 'dismissed');
  const closed = props.findings.filter(one => one.state === 'dismissed');
  const shown = all ? open : open.slice(0, SHOWN);
  return (
    <div className="jp-mlnb-Findings">
      {open.length === 0 && (
        <p className="jp-mlnb-Muted">
          {trans.__('Nothing stands out that a model would suffer from.')}
        </p>
      )}
      <ul aria-label={trans.__('Findings')}>
        {shown.map(one => (
          <Finding
            key={one.id || `${one.code}:${one.column}`}
            {...props}
            finding={one}
          />
        ))}
        {dismissed &&
          closed.map(one => <Finding key={one.id} {...props} finding={one} />)}
      </ul>
      <div className="jp-mlnb-Findings-more">
        {open.length > SHOWN && (
          <Button
            label={
              all
                ? trans.__('Show fewer')
                : trans._n('Show %1 more', 'Show %1 more', open.length - SHOWN)
            }
            kind="link"
            onClick={() => setAll(!all)}
          />
        )}
        {closed.length > 0 && (
          <Button
            label={
              dismissed
                ? trans.__('Hide the dismissed')
                : trans._n('%1 dismissed', '%1 dismissed', closed.length)
            }
            kind="link"
            pressed={dismissed}
            onClick={() => setDismissed(!dismissed)}
          />
        )}
      </div>
    </div>
  );
}

function Finding(props: IFindingsProps & { finding: IFinding }): JSX.Element {
  const { finding, onColumn, onDecide } = props;
  const trans = useTrans();
  const [code, setCode] = React.useState(false);
  const state = severityState(finding.severity, trans);
  const gone = finding.state === 'dismissed';
  const codes = codesOf(finding, trans);
  return (
    <li
      className={`jp-mlnb-Finding jp-mod-${gone ? 'idle' : state.tone}`}
      aria-label={finding.message}
    >
      <div className="jp-mlnb-Finding-head">
        <State
          tone={gone ? 'idle' : state.tone}
          icon={gone ? 'minus' : undefined}
          label={gone ? trans.__('dismissed') : state.label}
        />
        {[finding.column, finding.other].map(
          (name, i) =>
            name !== undefined &&
            (onColumn ? (
              <Button
                key={i}
                label={name}
                kind="link"
                title={trans.__('Look at %1', name)}
                onClick={() => onColumn(name)}
              />
            ) : (
              <Tag key={i} label={name} />
            ))
        )}
        <span className="jp-mlnb-Finding-actions">
          {codes.length > 0 && !gone && (
            <Button
              label={trans.__('Fix…')}
              kind="link"
              title={trans.__('Code that mends it')}
              pressed={code}
              onClick={() => setCode(!code)}
            />
          )}
          {onDecide && finding.id && (
            <Decide finding={finding} onDecide={onDecide} />
          )}
        </span>
      </div>
      <p className="jp-mlnb-Finding-message">
        {finding.message}{' '}
        <code className="jp-mlnb-Finding-code">{finding.code}</code>
      </p>
      {gone ? (
        <p className="jp-mlnb-Muted">
          {finding.decided_by
            ? trans.__('%1: %2', finding.decided_by, finding.reason ?? '')
            : finding.reason}
        </p>
      ) : (
        finding.hint && <p className="jp-mlnb-Muted">{finding.hint}</p>
      )}
      {code && !gone && <Mending codes={codes} />}
    </li>
  );
}

type CodeOf = { id: string; label: string; source: string; cell: string };

function codesOf(finding: IFinding, trans: ITrans): CodeOf[] {
  const { code_pandas, code_pipeline, code_sql } = finding;
  const of = (
    id: string,
    label: string,
    source: string | undefined,
    cell = source
  ): CodeOf[] => (source && cell ? [{ id, label, source, cell }] : []);
  return [
    ...of('pandas', trans.__('pandas'), code_pandas),
    ...of('pipeline', trans.__('Pipeline step'), code_pipeline),
    ...of('sql', trans.__('SQL'), code_sql, code_sql && `%%sql\n${code_sql}`)
  ];
}

/** Code that mends it, in one of the ways it can be written. */
function Mending({ codes }: { codes: readonly CodeOf[] }): JSX.Element {
  const trans = useTrans();
  const [chosen, setChosen] = React.useState(codes[0].id);
  const code = codes.find(one => one.id === chosen) ?? codes[0];
  return (
    <div className="jp-mlnb-Finding-mending">
      <div className="jp-mlnb-Finding-ways">
        {codes.length > 1 &&
          codes.map(one => (
            <Button
              key={one.id}
              label={one.label}
              pressed={one.id === code.id}
              onClick={() => setChosen(one.id)}
            />
          ))}
        <span className="jp-mlnb-Bar-space" />
        <InsertButton label={trans.__('Insert cell')} source={code.cell} />
      </div>
      <Code label={code.label} source={code.source} />
    </div>
  );
}

function Decide(props: {
  finding: IFinding;
  onDecide: NonNullable<IFindingsProps['onDecide']>;
}): JSX.Element {
  const { finding, onDecide } = props;
  const trans = useTrans();
  const host = useHost();
  if (finding.state === 'dismissed') {
    return (
      <Button
        label={trans.__('Open again')}
        kind="link"
        onClick={() =>
          void onDecide(finding, { state: 'open' }).catch((error: Error) =>
            host.notify({ kind: 'error', message: explain(error) })
          )
        }
      />
    );
  }
  return (
    <Popover label={trans.__('Dismiss…')}>
      {close => (
        <Dismissal
          onDone={close}
          dismiss={reason => onDecide(finding, { state: 'dismissed', reason })}
        />
      )}
    </Popover>
  );
}

function Dismissal(props: {
  dismiss: (reason: string) => Promise<unknown>;
  onDone: () => void;
}): JSX.Element {
  const trans = useTrans();
  const [reason, setReason] = React.useState('');
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<Error | null>(null);
  const id = React.useId();
  const submit = (): void => {
    setBusy(true);
    setError(null);
    props.dismiss(reason.trim()).then(props.onDone, (failure: Error) => {
      setBusy(false);
      setError(failure);
    });
  };
  return (
    <form
      className="jp-mlnb-Dismissal"
      onSubmit={event => {
        event.preventDefault();
        submit();
      }}
    >
      <label htmlFor={id}>{trans.__('Why is it no problem here?')}</label>
      <textarea
        id={id}
        rows={3}
        autoFocus
        dir="auto"
        value={reason}
        placeholder={trans.__('It is known when the model is asked')}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-note`}
        onChange={event => setReason(event.target.value)}
      />
      <p
        id={`${id}-note`}
        className="jp-mlnb-Muted"
        role={error ? 'alert' : undefined}
      >
        {error
          ? explain(error)
          : trans.__(
              'Kept with your name; it stays dismissed in later profiles.'
            )}
      </p>
      <Button
        label={trans.__('Dismiss')}
        kind="accept"
        busy={busy}
        disabled={reason.trim() === ''}
        onClick={submit}
      />
    </form>
  );
}
