import * as React from 'react';
import { formatAddress } from '../address';
import { ApiError } from '../api/errors';
import type { IEndpoint } from '../api/types.registry';
import { Button } from '../components/Button';
import { Code } from '../components/Code';
import { EmptyState } from '../components/EmptyState';
import { Facts } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Page, Section } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { Skeleton } from '../components/Skeleton';
import { State } from '../components/State';
import { Tabs } from '../components/Tabs';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { formatInteger, formatNumber } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { EndpointOverview } from './EndpointOverview';
import { LogsTab } from './LogsTab';
import { endpointQuery } from './queries';
import { endpointState } from './states';
import { TestTab } from './TestTab';

/** One endpoint: how it fares, a form to try it, how to ask it from elsewhere, what it wrote. */
export function EndpointPage(props: IDocumentProps): JSX.Element {
  const trans = useTrans();
  const query = useApi(endpointQuery(props.name));
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="endpoint"
        title={trans.__('There is no endpoint %1', props.name)}
        text={query.error.hint ?? trans.__('It was deleted.')}
      />
    );
  }
  return (
    <QueryView query={query} skeleton={<Skeleton kind="page" rows={8} />}>
      {endpoint => <LoadedEndpoint {...props} endpoint={endpoint} />}
    </QueryView>
  );
}

function LoadedEndpoint(
  props: IDocumentProps & { endpoint: IEndpoint }
): JSX.Element {
  const { endpoint, query, onQuery, onTitle } = props;
  const trans = useTrans();
  React.useEffect(() => onTitle(endpoint.name), [onTitle, endpoint.name]);
  const tabs = [
    { id: 'overview', label: trans.__('Overview') },
    { id: 'test', label: trans.__('Test') },
    { id: 'use', label: trans.__('Use It') },
    { id: 'logs', label: trans.__('Logs') }
  ];
  const tab = tabs.find(one => one.id === query.tab)?.id ?? 'overview';
  return (
    <Page
      icon="endpoint"
      place={trans.__('Endpoint')}
      title={endpoint.name}
      marks={
        <State
          {...endpointState(endpoint.state, trans)}
          title={endpoint.message}
        />
      }
      facts={<Facts facts={facts(endpoint, trans)} />}
      actions={<Actions endpoint={endpoint} />}
    >
      <Tabs
        label={endpoint.name}
        tabs={tabs}
        current={tab}
        onSelect={id => onQuery({ tab: id === 'overview' ? undefined : id })}
      >
        <div className="jp-mlnb-Scroll">
          {tab === 'test' ? (
            <TestTab endpoint={endpoint} />
          ) : tab === 'use' ? (
            <UseTab endpoint={endpoint} />
          ) : tab === 'logs' ? (
            <LogsTab name={endpoint.name} />
          ) : (
            <EndpointOverview endpoint={endpoint} />
          )}
        </div>
      </Tabs>
    </Page>
  );
}

function facts(endpoint: IEndpoint, trans: ITrans): IFact[] {
  const { p50, p95, p99 } = endpoint.latency;
  const list: (IFact | false)[] = [
    { label: trans.__('Requests'), value: formatInteger(endpoint.requests) },
    { label: trans.__('Errors'), value: formatInteger(endpoint.errors) },
    p50 !== undefined && {
      label: trans.__('Latency p50'),
      value: trans.__('%1 ms', formatNumber(p50))
    },
    p95 !== undefined && {
      label: trans.__('p95'),
      value: trans.__('%1 ms', formatNumber(p95))
    },
    p99 !== undefined && {
      label: trans.__('p99'),
      value: trans.__('%1 ms', formatNumber(p99))
    },
    endpoint.process.since !== undefined && {
      label: trans.__('Running since'),
      value: <RelativeTime time={endpoint.process.since} />,
      title: trans.__('Process %1', endpoint.process.pid ?? '')
    }
  ];
  return list.filter((one): one is IFact => one !== false);
}

function Actions({ endpoint }: { endpoint: IEndpoint }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const { name } = endpoint;
  const start = useAction(api => api.endpoints.start(name));
  const stop = useAction(api => api.endpoints.stop(name));
  const table = endpoint.inference_table;
  const isStopped = endpoint.state === 'STOPPED' || endpoint.state === 'FAILED';
  return (
    <>
      <Button
        icon="model"
        label={trans.__('Version %1', endpoint.model_version)}
        title={endpoint.model_name}
        onClick={() => host.open(formatAddress('model', endpoint.model_name))}
      />
      {table !== undefined && (
        <Button
          icon="table"
          label={trans.__('Inference table')}
          title={table}
          onClick={() => host.open(formatAddress('table', table))}
        />
      )}
      {isStopped ? (
        <Button
          kind="accept"
          icon="play"
          label={trans.__('Start')}
          busy={start.isPending}
          onClick={() => start.mutate(undefined)}
        />
      ) : (
        <Button
          icon="pause"
          label={trans.__('Stop')}
          busy={stop.isPending}
          onClick={() => stop.mutate(undefined)}
        />
      )}
    </>
  );
}

function UseTab({ endpoint }: { endpoint: IEndpoint }): JSX.Element {
  const trans = useTrans();
  return (
    <>
      <Section title={trans.__('From a shell')}>
        <Code label={trans.__('curl command')} source={endpoint.curl} />
      </Section>
      <Section title={trans.__('From Python')}>
        <Code label={trans.__('Python code')} source={endpoint.python} />
      </Section>
      <Section title={trans.__('Inputs')}>
        <table className="jp-mlnb-Table" aria-label={trans.__('Inputs')}>
          <tbody>
            {endpoint.inputs.map(input => (
              <tr key={input.name}>
                <th scope="row">
                  <bdi>{input.name}</bdi>
                </th>
                <td>{input.type}</td>
                <td>
                  {input.required
                    ? trans.__('required')
                    : trans.__('optional, looked up when it is left out')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </>
  );
}

export default EndpointPage;
