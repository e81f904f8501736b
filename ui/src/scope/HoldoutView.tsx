import * as React from 'react';
import { formatAddress } from '../address';
import type { IHoldout, ILook } from '../api/types.scope';
import { Button } from '../components/Button';
import { explain } from '../components/ErrorView';
import { Facts } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Section } from '../components/Page';
import { Popover } from '../components/Popover';
import { QueryView } from '../components/QueryView';
import { State } from '../components/State';
import { RelativeTime } from '../components/Time';
import { formatInteger, formatNumber, formatPercent } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { looksQuery } from './queries';
import { holdoutState, ruleText } from './words';

/** Held-out rows: which, how often somebody looked, who and why. */
export function HoldoutView(props: {
  holdout: IHoldout;
  onChanged: () => void;
}): JSX.Element {
  const { holdout, onChanged } = props;
  const host = useHost();
  const { trans } = host;
  const looks = useApi(looksQuery(holdout), { keep: true });
  const retire = useAction(api => api.holdouts.retire(holdout.id), onChanged);
  const active = holdout.state !== 'RETIRED';
  return (
    <Section
      title={trans.__('Held-out rows of %1', holdout.table_name)}
      aside={<State {...holdoutState(holdout, trans)} />}
    >
      <p>{ruleText(holdout, trans)}</p>
      <Facts facts={factsOf(holdout, trans)} />
      <Looks holdout={holdout} />
      <div className="jp-mlnb-Holdout-actions">
        <Button
          label={trans.__('Open the table')}
          icon="table"
          onClick={() => host.open(formatAddress('table', holdout.table_name))}
        />
        {active && (
          <>
            <Popover label={trans.__('Allow more looks…')} icon="plus">
              {close => (
                <Renew
                  holdout={holdout}
                  onDone={() => {
                    close();
                    onChanged();
                  }}
                />
              )}
            </Popover>
            <Button
              label={trans.__('Stop holding out…')}
              kind="warn"
              busy={retire.isPending}
              onClick={() =>
                void host
                  .confirm({
                    title: trans.__('Stop holding these rows out?'),
                    body: trans.__(
                      'Everybody sees the rows from then on, and no later result on them is an independent one.'
                    ),
                    action: trans.__('Stop'),
                    danger: true
                  })
                  .then(sure => sure && retire.mutate(undefined))
              }
            />
          </>
        )}
      </div>
      <QueryView
        query={looks}
        isEmpty={list => list.length === 0}
        empty={
          <p className="jp-mlnb-Muted">{trans.__('Nobody has looked yet.')}</p>
        }
      >
        {list => <LookTable looks={list} />}
      </QueryView>
    </Section>
  );
}

function factsOf(holdout: IHoldout, trans: ITrans): IFact[] {
  const { excluded, total } = holdout;
  const facts: (IFact | false)[] = [
    excluded !== undefined && {
      label: trans.__('Held out'),
      value:
        total === undefined
          ? formatInteger(excluded)
          : trans.__(
              '%1 of %2 rows',
              formatInteger(excluded),
              formatInteger(total)
            ),
      title:
        total === undefined || total === 0
          ? undefined
          : formatPercent(excluded / total)
    },
    {
      label: trans.__('Looks'),
      value: trans.__(
        '%1 of %2 taken',
        holdout.looks_used,
        holdout.looks_allowed
      )
    },
    {
      label: trans.__('May look'),
      value:
        (holdout.may_look ?? []).length > 0 ? (
          <bdi>{(holdout.may_look ?? []).join(', ')}</bdi>
        ) : (
          trans.__('who may read the table')
        )
    },
    {
      label: trans.__('Declared'),
      value: (
        <>
          <RelativeTime time={holdout.created_at} />{' '}
          {trans.__('by %1', holdout.created_by)}
        </>
      )
    }
  ];
  return facts.filter((one): one is IFact => one !== false);
}

/** Each look as a mark: taken ones filled. */
function Looks({ holdout }: { holdout: IHoldout }): JSX.Element {
  const trans = useTrans();
  const { looks_allowed: allowed, looks_used: used } = holdout;
  const label = trans.__('%1 of %2 looks taken', used, allowed);
  return (
    <span
      className={`jp-mlnb-Looks${used >= allowed ? ' jp-mod-spent' : ''}`}
      role="img"
      aria-label={label}
      title={label}
    >
      {Array.from({ length: Math.min(allowed, 40) }, (_, i) => (
        <span key={i} className={i < used ? 'jp-mod-taken' : undefined} />
      ))}
    </span>
  );
}

function purposeWord(purpose: string, trans: ITrans): string {
  return (
    {
      evaluate: trans.__('evaluation'),
      compare: trans.__('comparison'),
      automl: trans.__('AutoML'),
      open: trans.__('opened'),
      explore: trans.__('exploration'),
      training: trans.__('rows reached a training')
    }[purpose] ?? purpose
  );
}

function LookTable({ looks }: { looks: readonly ILook[] }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  return (
    <table className="jp-mlnb-Table" aria-label={trans.__('Looks')}>
      <thead>
        <tr>
          <th scope="col">{trans.__('Look')}</th>
          <th scope="col">{trans.__('Who')}</th>
          <th scope="col">{trans.__('For')}</th>
          <th scope="col">{trans.__('What was seen')}</th>
          <th scope="col">{trans.__('When')}</th>
        </tr>
      </thead>
      <tbody>
        {[...looks]
          .sort((a, b) => b.number - a.number || b.at - a.at)
          .map((look, i) => (
            <tr key={i}>
              <td>{look.number}</td>
              <th scope="row">
                <bdi>{look.actor}</bdi>
                {look.actor_kind !== undefined &&
                  look.actor_kind !== 'user' && (
                    <span className="jp-mlnb-Muted">
                      {' '}
                      {look.actor_kind === 'agent'
                        ? trans.__('assistant')
                        : trans.__('job')}
                    </span>
                  )}
              </th>
              <td
                className={
                  look.purpose === 'training'
                    ? 'jp-mlnb-Tone jp-mod-bad'
                    : undefined
                }
              >
                {purposeWord(look.purpose, trans)}
                {look.reason && (
                  <div className="jp-mlnb-Muted">{look.reason}</div>
                )}
              </td>
              <td>
                {Object.entries(look.metrics ?? {})
                  .slice(0, 4)
                  .map(([name, value]) =>
                    trans.__(
                      '%1 %2',
                      name,
                      typeof value === 'number'
                        ? formatNumber(value)
                        : String(value)
                    )
                  )
                  .join(', ')}
                {look.run_id !== undefined && (
                  <>
                    {' '}
                    <Button
                      label={trans.__('Run %1', look.run_id.slice(0, 8))}
                      kind="link"
                      onClick={() =>
                        host.open(formatAddress('run', look.run_id ?? ''))
                      }
                    />
                  </>
                )}
              </td>
              <td>
                <RelativeTime time={look.at} />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

/** Further looks, by a signer of the card, with the reason. */
function Renew(props: { holdout: IHoldout; onDone: () => void }): JSX.Element {
  const { holdout, onDone } = props;
  const { api, trans } = useHost();
  const [looks, setLooks] = React.useState('3');
  const [reason, setReason] = React.useState('');
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<Error | null>(null);
  const id = React.useId();
  const count = Number(looks);
  const right = Number.isInteger(count) && count > 0 && reason.trim() !== '';
  const submit = (): void => {
    setBusy(true);
    setError(null);
    api.holdouts
      .renew(holdout.id, { looks: count, reason: reason.trim() })
      .then(onDone, (failure: Error) => {
        setBusy(false);
        setError(failure);
      });
  };
  return (
    <div className="jp-mlnb-Dismissal">
      <label htmlFor={`${id}-n`}>{trans.__('Further looks')}</label>
      <input
        id={`${id}-n`}
        className="jp-mlnb-CardInput"
        type="number"
        min={1}
        value={looks}
        onChange={event => setLooks(event.target.value)}
      />
      <label htmlFor={`${id}-r`}>{trans.__('Why are they needed?')}</label>
      <textarea
        id={`${id}-r`}
        rows={3}
        value={reason}
        dir="auto"
        aria-invalid={error ? true : undefined}
        onChange={event => setReason(event.target.value)}
      />
      <p className="jp-mlnb-Muted" role={error ? 'alert' : undefined}>
        {error
          ? explain(error)
          : trans.__(
              'Only a signer of the card may; it is kept with your name.'
            )}
      </p>
      <Button
        label={trans.__('Allow them')}
        kind="accept"
        busy={busy}
        disabled={!right}
        onClick={submit}
      />
    </div>
  );
}
