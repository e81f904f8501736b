import * as React from 'react';
import type { IQuery } from '../api/queries';
import type { IFunction, IParameter } from '../api/types.objects';
import { Code } from '../components/Code';
import { InsertButton } from '../components/InsertButton';
import { Page, Section } from '../components/Page';
import { Pairs } from '../components/Facts';
import { QueryView } from '../components/QueryView';
import { State, Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { quoteName } from './loading';
import { badgeMark } from './useTree';

function functionQuery(name: string): IQuery<IFunction> {
  return {
    key: ['function', name],
    subjects: [`function:${name}`],
    fetch: (api, signal) => api.objects.function(name, signal)
  };
}

/** A function of the catalog: what it takes, what it gives, and its source. */
export function FunctionPage({ name }: IDocumentProps): JSX.Element {
  const query = useApi(functionQuery(name));
  return <QueryView query={query}>{data => <View found={data} />}</QueryView>;
}

function View({ found }: { found: IFunction }): JSX.Element {
  const trans = useTrans();
  const mark = badgeMark(found.badge, trans);
  return (
    <Page
      icon="function"
      title={found.name}
      place={found.full_name.split('.').slice(0, -1).join(' / ')}
      description={found.comment}
      marks={
        <>
          <Tag label={found.language} />
          {mark && (
            <State tone={mark.tone} icon={mark.icon} label={mark.label} />
          )}
        </>
      }
      actions={
        <InsertButton
          label={trans.__('Insert a call')}
          source={callOf(found)}
        />
      }
    >
      <div className="jp-mlnb-Scroll">
        <Section title={trans.__('Signature')}>
          <Code
            label={trans.__('Signature of %1', found.name)}
            source={found.signature}
          />
        </Section>
        {found.parameters.length > 0 && (
          <Section title={trans.__('Parameters')}>
            <Parameters
              label={trans.__('Parameters')}
              parameters={found.parameters}
            />
          </Section>
        )}
        {(found.return_columns?.length ?? 0) > 0 && (
          <Section title={trans.__('Columns of the result')}>
            <Parameters
              label={trans.__('Columns of the result')}
              parameters={found.return_columns ?? []}
            />
          </Section>
        )}
        <Section title={trans.__('Source')}>
          <Code
            label={trans.__('Source of %1', found.name)}
            source={found.body}
          />
        </Section>
        <Section title={trans.__('About')}>
          <Pairs
            label={trans.__('About')}
            pairs={[
              [trans.__('Owner'), <bdi key="owner">{found.owner}</bdi>],
              [
                trans.__('Result'),
                <code key="result">{found.return_type}</code>
              ],
              [
                trans.__('Changed'),
                <RelativeTime key="time" time={found.updated_at} />
              ],
              ...(found.pip_requirements.length > 0
                ? [
                    [
                      trans.__('Packages'),
                      found.pip_requirements.join(', ')
                    ] as const
                  ]
                : []),
              ...found.tags.map(
                tag => [tag.key, <bdi key={tag.key}>{tag.value}</bdi>] as const
              )
            ]}
          />
        </Section>
      </div>
    </Page>
  );
}

function Parameters(props: {
  label: string;
  parameters: readonly IParameter[];
}): JSX.Element {
  const trans = useTrans();
  return (
    <table className="jp-mlnb-Table" aria-label={props.label}>
      <thead>
        <tr>
          <th scope="col">{trans.__('Name')}</th>
          <th scope="col">{trans.__('Type')}</th>
          <th scope="col">{trans.__('Default')}</th>
          <th scope="col">{trans.__('Comment')}</th>
        </tr>
      </thead>
      <tbody>
        {props.parameters.map(one => (
          <tr key={one.name}>
            <th scope="row">
              <bdi>{one.name}</bdi>
            </th>
            <td>
              <code>{one.type_text}</code>
            </td>
            <td>{one.default !== undefined && <code>{one.default}</code>}</td>
            <td>{one.comment}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A query that calls it, each parameter by its name. */
export function callOf(found: IFunction): string {
  const required = found.parameters.filter(one => one.default === undefined);
  const values = required.map(one => `:${one.name}`).join(', ');
  const call = `${quoteName(found.full_name)}(${values})`;
  return (found.return_columns?.length ?? 0) > 0
    ? `%%sql\nSELECT *\nFROM ${call}`
    : `%%sql\nSELECT ${call}`;
}

export default FunctionPage;
