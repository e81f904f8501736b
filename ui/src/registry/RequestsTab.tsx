import * as React from 'react';
import type { IModel, ITransitionRequest } from '../api/types.registry';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Section } from '../components/Page';
import { State } from '../components/State';
import type { Tone } from '../components/State';
import { RelativeTime } from '../components/Time';
import { useAction } from '../hooks/useApi';
import { useTrans } from '../host';
import type { ITrans } from '../host';
import { GatesView } from './GatesView';

/** Open requests with what speaks for them and the decision; below, the ones decided. */
export function RequestsTab({ model }: { model: IModel }): JSX.Element {
  const trans = useTrans();
  const open = model.requests.filter(one => one.state === 'open');
  const closed = model.requests.filter(one => one.state !== 'open');
  return (
    <>
      {open.length === 0 && (
        <EmptyState
          icon="check"
          title={trans.__('Nothing to decide')}
          text={trans.__(
            'Ask for an alias on the Versions tab; the request waits here for somebody who may approve it.'
          )}
        />
      )}
      {open.map(request => (
        <OpenRequest key={request.id} model={model.name} request={request} />
      ))}
      {closed.length > 0 && (
        <Section title={trans.__('Decided')}>
          <table className="jp-mlnb-Table" aria-label={trans.__('Decided')}>
            <tbody>
              {closed.map(request => (
                <tr key={request.id}>
                  <td>
                    <State {...requestState(request.state, trans)} />
                  </td>
                  <td>
                    {trans.__(
                      'version %1 → %2',
                      request.version,
                      request.target
                    )}
                  </td>
                  <td>
                    <bdi>{request.creator}</bdi>
                  </td>
                  <td>{request.comment}</td>
                  <td>
                    <RelativeTime time={request.created_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
    </>
  );
}

function OpenRequest(props: {
  model: string;
  request: ITransitionRequest;
}): JSX.Element {
  const { model, request } = props;
  const trans = useTrans();
  const [comment, setComment] = React.useState('');
  const body = { to: request.target, comment: comment || undefined };
  const approve = useAction(api =>
    api.models.approve(model, request.version, body)
  );
  const reject = useAction(api =>
    api.models.reject(model, request.version, body)
  );
  const busy = approve.isPending || reject.isPending;
  return (
    <Section
      title={trans.__('Version %1 → %2', request.version, request.target)}
      aside={
        <span className="jp-mlnb-Table-note">
          <bdi>{request.creator}</bdi>{' '}
          <RelativeTime time={request.created_at} />
        </span>
      }
    >
      {request.comment && (
        <blockquote className="jp-mlnb-Quote">{request.comment}</blockquote>
      )}
      <GatesView model={model} version={request.version} to={request.target} />
      <div className="jp-mlnb-Form">
        <label className="jp-mlnb-Field jp-mod-wide">
          {trans.__('Comment')}
          <input
            className="jp-mlnb-Input"
            value={comment}
            placeholder={trans.__('Kept with the decision')}
            onChange={event => setComment(event.target.value)}
          />
        </label>
        <Button
          kind="accept"
          icon="check"
          label={trans.__('Approve')}
          busy={approve.isPending}
          disabled={busy}
          onClick={() => approve.mutate(undefined)}
        />
        <Button
          kind="warn"
          label={trans.__('Reject')}
          busy={reject.isPending}
          disabled={busy}
          onClick={() => reject.mutate(undefined)}
        />
      </div>
    </Section>
  );
}

function requestState(
  state: string,
  trans: ITrans
): { tone: Tone; label: string } {
  switch (state) {
    case 'approved':
      return { tone: 'good', label: trans.__('Approved') };
    case 'rejected':
      return { tone: 'bad', label: trans.__('Rejected') };
    default:
      return { tone: 'idle', label: trans.__('Cancelled') };
  }
}
