import * as React from 'react';
import type {
  IIngestOptions,
  IIngestPlan,
  IngestMode
} from '../api/types.ingest';
import { Button } from '../components/Button';
import { ErrorView } from '../components/ErrorView';
import { Facts } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Page, Section } from '../components/Page';
import { Select } from '../components/Select';
import { Skeleton } from '../components/Skeleton';
import { formatBytes, formatInteger, formatPercent } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useDebounced } from '../hooks/useDebounced';
import { useHost, useTrans } from '../host';
import { followRun } from './followRun';
import { ImportOptions } from './ImportOptions';
import { PlanTable, Rejects } from './PlanTable';
import { planQuery } from './queries';

/** Wait for the end of typing a name before looking whether it is taken. */
const NAME_MS = 400;

export interface IPlanViewProps {
  source: readonly string[];
  /** `main.raw`: where the table goes unless its name says otherwise. */
  schema: string;
  onStarted: (run: string) => void;
  onOther: () => void;
}

/** What a load would do, before it does it. */
export function PlanView(props: IPlanViewProps): JSX.Element {
  const { source, schema } = props;
  const host = useHost();
  const trans = useTrans();
  const [name, setName] = React.useState<string>();
  const [mode, setMode] = React.useState<IngestMode>();
  const [options, setOptions] = React.useState<IIngestOptions>({});
  const settled = useDebounced(name?.trim(), NAME_MS);
  const request = {
    source,
    name: settled || undefined,
    mode: mode ?? 'create',
    options
  };
  const query = useApi(planQuery(request), { keep: true });
  const plan = query.data;
  // The name is the file's until another one is written.
  React.useEffect(() => {
    if (name === undefined && plan) {
      setName(`${schema}.${quotePart(plan.suggested_name)}`);
    }
  }, [name, plan, schema]);
  // A table that is there is added to, not created.
  const exists = plan?.table?.exists ?? false;
  React.useEffect(() => {
    if (exists && mode === undefined) {
      setMode('append');
    }
  }, [exists, mode]);

  const start = useAction(
    async api =>
      api.ingest.start({
        source,
        name: name?.trim() ?? '',
        mode: mode ?? 'create',
        ...options
      }),
    ({ id }) => {
      followRun(host, id, name?.trim() ?? '');
      props.onStarted(id);
    }
  );
  const title = source.map(fileName).join(', ');
  const isStale = query.isPlaceholderData || name?.trim() !== settled;
  const setType = (column: string, type: string | undefined): void =>
    setOptions(old => {
      const types = { ...old.types };
      if (type === undefined) {
        delete types[column];
      } else {
        types[column] = type;
      }
      return { ...old, types };
    });
  return (
    <Page
      icon="upload"
      title={title}
      place={trans.__('Import')}
      facts={plan && <PlanFacts plan={plan} />}
      actions={
        <>
          <Button
            label={trans.__('Other files')}
            icon="file"
            onClick={props.onOther}
          />
          <Button
            label={
              plan
                ? trans._n(
                    'Import %2 row',
                    'Import %2 rows',
                    plan.num_rows,
                    formatInteger(plan.num_rows)
                  )
                : trans.__('Import')
            }
            icon="upload"
            kind="accept"
            busy={start.isPending}
            disabled={
              !plan || isStale || Boolean(plan.refused) || !name?.trim()
            }
            onClick={() => start.mutate(undefined)}
          />
        </>
      }
    >
      <div className="jp-mlnb-Bar">
        <label className="jp-mlnb-Field jp-mlnb-Import-name">
          {trans.__('Table')}
          <input
            className="jp-mlnb-Select"
            type="text"
            spellCheck={false}
            placeholder={trans.__('catalog.schema.table')}
            value={name ?? ''}
            onChange={event => setName(event.target.value)}
          />
        </label>
        <Select
          label={trans.__('Mode')}
          value={mode ?? 'create'}
          options={[
            { value: 'create', label: trans.__('Create a table') },
            { value: 'append', label: trans.__('Add to the table') },
            { value: 'replace', label: trans.__('Replace its rows') }
          ]}
          onChange={value => setMode(value as IngestMode)}
        />
        <ImportOptions
          options={options}
          onOptions={change => setOptions(old => ({ ...old, ...change }))}
        />
        <span className="jp-mlnb-Bar-note" role="status">
          {plan && tableNote(plan, mode ?? 'create', trans)}
        </span>
      </div>
      {query.error && (
        <ErrorView error={query.error} onRetry={() => void query.refetch()} />
      )}
      {!plan && !query.error && (
        <>
          <p className="jp-mlnb-Import-wait" role="status">
            {trans.__(
              'Reading the whole file to find the types that hold every value…'
            )}
          </p>
          <Skeleton />
        </>
      )}
      {plan && (
        <div
          className={`jp-mlnb-Scroll${isStale ? ' jp-mod-stale' : ''}`}
          aria-busy={isStale}
        >
          {plan.refused && (
            <Notice
              tone="bad"
              text={plan.refused.message}
              hint={plan.refused.hint}
            />
          )}
          {plan.warnings.map(warning => (
            <Notice key={warning} tone="warn" text={warning} />
          ))}
          <Section title={trans.__('Columns and first rows')}>
            <PlanTable
              plan={plan}
              chosen={options.types ?? {}}
              onType={setType}
            />
          </Section>
          <Section
            title={
              plan.rejected > 0
                ? trans._n(
                    '%2 line would be rejected',
                    '%2 lines would be rejected',
                    plan.rejected,
                    formatInteger(plan.rejected)
                  )
                : trans.__('Every line fits')
            }
          >
            {plan.rejected > 0 ? (
              <Rejects
                rejects={plan.rejects}
                total={plan.rejected}
                files={plan.files.length}
              />
            ) : (
              <p className="jp-mlnb-Muted">
                {trans.__('Nothing would be left out.')}
              </p>
            )}
          </Section>
          {plan.files.length > 1 && <Files plan={plan} />}
        </div>
      )}
    </Page>
  );
}

function PlanFacts({ plan }: { plan: IIngestPlan }): JSX.Element {
  const trans = useTrans();
  const lines = plan.num_rows + plan.rejected;
  const bytes = plan.files.reduce((sum, file) => sum + file.size, 0);
  return (
    <Facts
      facts={[
        { label: trans.__('Rows'), value: formatInteger(plan.num_rows) },
        {
          label: trans.__('Rejected'),
          value:
            plan.rejected > 0 ? (
              <span className="jp-mlnb-Tone jp-mod-warn jp-mlnb-Import-figure">
                {formatInteger(plan.rejected)}
              </span>
            ) : (
              '0'
            ),
          title: lines > 0 ? formatPercent(plan.rejected / lines) : undefined
        },
        {
          label: trans.__('Columns'),
          value: formatInteger(plan.columns.length)
        },
        { label: trans.__('Format'), value: formatsOf(plan) },
        { label: trans.__('Size'), value: formatBytes(bytes) }
      ]}
    />
  );
}

function formatsOf(plan: IIngestPlan): string {
  const formats = [...new Set(plan.files.map(file => file.format))];
  return formats.join(', ').toUpperCase();
}

function Files({ plan }: { plan: IIngestPlan }): JSX.Element {
  const trans = useTrans();
  return (
    <Section title={trans.__('Files')}>
      <table className="jp-mlnb-Table" aria-label={trans.__('Files')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('File')}</th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Rows')}
            </th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Rejected')}
            </th>
            <th scope="col" className="jp-mod-numeric">
              {trans.__('Size')}
            </th>
          </tr>
        </thead>
        <tbody>
          {plan.files.map(file => (
            <tr key={file.path}>
              <td>
                <bdi>{file.path}</bdi>
                {file.loaded_before && (
                  <span className="jp-mlnb-Muted">
                    {' '}
                    {trans.__('loaded before, left out')}
                  </span>
                )}
              </td>
              <td className="jp-mod-numeric">{formatInteger(file.rows)}</td>
              <td className="jp-mod-numeric">{formatInteger(file.rejected)}</td>
              <td className="jp-mod-numeric">{formatBytes(file.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Notice(props: {
  tone: 'bad' | 'warn';
  text: string;
  hint?: string;
}): JSX.Element {
  return (
    <div
      className={`jp-mlnb-Import-notice jp-mlnb-Tone jp-mod-${props.tone}`}
      role={props.tone === 'bad' ? 'alert' : 'note'}
    >
      <Icon name={props.tone === 'bad' ? 'error' : 'alert'} />
      <span>
        {props.text}
        {props.hint && (
          <span className="jp-mlnb-Import-hint"> {props.hint}</span>
        )}
      </span>
    </div>
  );
}

function tableNote(
  plan: IIngestPlan,
  mode: IngestMode,
  trans: ReturnType<typeof useTrans>
): string {
  const { table } = plan;
  if (!table) {
    return '';
  }
  if (!table.exists) {
    return trans.__('A new table.');
  }
  if (mode === 'replace') {
    return trans.__(
      'The rows of version %1 are replaced; that version stays readable.',
      table.version
    );
  }
  return trans.__('The table is there, at version %1.', table.version);
}

export function fileName(path: string): string {
  return path.split('/').pop() || path;
}

function quotePart(part: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(part)
    ? part
    : `\`${part.replace(/`/g, '``')}\``;
}
