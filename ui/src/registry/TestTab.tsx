import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IEndpoint } from '../api/types.registry';
import { Button } from '../components/Button';
import { Code } from '../components/Code';
import { Section } from '../components/Page';
import { State } from '../components/State';
import { useHost, useTrans } from '../host';
import { formatDuration } from '../format';
import { exampleRow, parseRow } from './testRow';

type Outcome =
  | { kind: 'answer'; body: unknown; ms: number }
  | { kind: 'refused'; error: Error; ms: number };

/** A form made from the model's signature: one row, the answer, and every wrong field by name. */
export function TestTab({ endpoint }: { endpoint: IEndpoint }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const [row, setRow] = React.useState(() => exampleRow(endpoint));
  const [outcome, setOutcome] = React.useState<Outcome | null>(null);
  const [busy, setBusy] = React.useState(false);

  const send = async (): Promise<void> => {
    setBusy(true);
    const begin = performance.now();
    const ms = (): number => performance.now() - begin;
    try {
      const body = await host.api.endpoints.invoke(endpoint.name, {
        dataframe_records: [parseRow(row, endpoint.inputs)]
      });
      setOutcome({ kind: 'answer', body, ms: ms() });
    } catch (error) {
      setOutcome({ kind: 'refused', error: error as Error, ms: ms() });
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="jp-mlnb-Columns">
      <Section title={trans.__('One row')}>
        <form
          className="jp-mlnb-RowForm"
          onSubmit={event => {
            event.preventDefault();
            void send();
          }}
        >
          {endpoint.inputs.map(input => (
            <label key={input.name} className="jp-mlnb-RowForm-field">
              <span>
                <bdi>{input.name}</bdi>
                <small>
                  {input.type}
                  {input.required ? '' : trans.__(', optional')}
                </small>
              </span>
              <input
                className="jp-mlnb-Input"
                value={row[input.name] ?? ''}
                onChange={event =>
                  setRow({ ...row, [input.name]: event.target.value })
                }
              />
            </label>
          ))}
          <Button
            kind="accept"
            icon="play"
            label={trans.__('Send')}
            busy={busy}
            disabled={endpoint.state !== 'READY'}
            title={
              endpoint.state === 'READY'
                ? undefined
                : trans.__('The endpoint is not ready.')
            }
            onClick={event => {
              event.preventDefault();
              void send();
            }}
          />
        </form>
      </Section>
      <Section title={trans.__('Answer')}>
        {outcome ? (
          <Answer outcome={outcome} />
        ) : (
          <p className="jp-mlnb-Table-note">
            {trans.__(
              'The request goes through the same checks and into the same inference table as any other.'
            )}
          </p>
        )}
      </Section>
    </div>
  );
}

function Answer({ outcome }: { outcome: Outcome }): JSX.Element {
  const trans = useTrans();
  const took = formatDuration(outcome.ms);
  if (outcome.kind === 'answer') {
    return (
      <div role="status">
        <State tone="good" label={trans.__('Answered in %1', took)} />
        <Code
          label={trans.__('Answer')}
          source={JSON.stringify(outcome.body, null, 2)}
        />
      </div>
    );
  }
  const { error } = outcome;
  const fields = error instanceof ApiError ? error.fields : [];
  return (
    <div role="alert">
      <State tone="bad" label={trans.__('Refused after %1', took)} />
      <p>{error.message}</p>
      {fields.length > 0 && (
        <table className="jp-mlnb-Table" aria-label={trans.__('Wrong fields')}>
          <tbody>
            {fields.map(field => (
              <tr key={field.field}>
                <th scope="row">
                  <bdi>{field.field}</bdi>
                </th>
                <td>{field.description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
