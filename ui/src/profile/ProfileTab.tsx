import * as React from 'react';
import type { ITable } from '../api/types';
import type { IProfileInfo, IProfileQuery } from '../api/types.explore';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { ErrorView } from '../components/ErrorView';
import { QueryView } from '../components/QueryView';
import { Select } from '../components/Select';
import { State } from '../components/State';
import { formatRelative, isTemporalType } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useInsert } from '../hooks/useInsert';
import { useNow } from '../hooks/useNow';
import { useProgress } from '../hooks/useProgress';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import { ProgressBar } from '../monitors/ProgressBar';
import { CompareWith } from './CompareWith';
import { ComparisonView } from './ComparisonView';
import { ProfileView } from './ProfileView';
import { comparisonQuery, profileQuery, profilesQuery } from './queries';

export interface IProfileTabProps {
  table: ITable;
  /** The version in view, where it is not the newest. */
  version: number | undefined;
  query: Readonly<Record<string, string>>;
  onQuery: (change: Record<string, string | undefined>) => void;
}

/** The profile of a table: the stored one of the version in view, older ones, or the form that makes one. */
export function ProfileTab(props: IProfileTabProps): JSX.Element {
  const { table } = props;
  const stored = useApi(profilesQuery(table.full_name));
  return (
    <QueryView query={stored}>
      {profiles => (
        <Loaded
          {...props}
          profiles={profiles}
          refetch={() => void stored.refetch()}
        />
      )}
    </QueryView>
  );
}

type LoadedProps = IProfileTabProps & {
  profiles: readonly IProfileInfo[];
  refetch: () => void;
};

function Loaded(props: LoadedProps): JSX.Element {
  const { table, profiles, query, onQuery, refetch } = props;
  const trans = useTrans();
  const insert = useInsert();
  const version = props.version ?? table.version;
  // A table of its own never changes under its version; a view has none.
  const plain = profiles.filter(one => !isComparison(one));
  const current = plain.filter(
    one => one.source_version === undefined || one.source_version === version
  );
  const [asking, setAsking] = React.useState(false);
  const chosen =
    profiles.find(one => one.id === query.profile) ??
    current.find(one => one.state === 'RUNNING') ??
    current.find(one => one.state === 'SUCCEEDED') ??
    current.find(one => one.state === 'STOPPED') ??
    current[0];
  const begun = (id: string): void => {
    setAsking(false);
    onQuery({ profile: id });
    refetch();
  };
  if (asking || (!chosen && query.profile === undefined)) {
    return (
      <div className="jp-mlnb-Scroll">
        <StartForm
          table={table}
          version={props.version}
          like={chosen}
          others={plain.length}
          onBegun={begun}
          onCancel={profiles.length > 0 ? () => setAsking(false) : undefined}
          onOlder={
            plain[0] && !chosen
              ? () => onQuery({ profile: plain[0].id })
              : undefined
          }
        />
      </div>
    );
  }
  const id = chosen?.id ?? query.profile;
  return (
    <>
      <div className="jp-mlnb-Bar jp-mlnb-ProfileTab-bar">
        {profiles.length > 0 && (
          <Choice
            profiles={profiles}
            chosen={id}
            onChoose={one => onQuery({ profile: one })}
          />
        )}
        {chosen?.source_version !== undefined &&
          chosen.source_version !== version && (
            <State
              tone="warn"
              icon="history"
              label={trans.__(
                'of version %1; in view is version %2',
                chosen.source_version,
                version
              )}
            />
          )}
        <span className="jp-mlnb-Bar-space" />
        {insert && !isComparison(chosen) && (
          <Button
            label={trans.__('Insert as cell')}
            icon="insert"
            title={trans.__('A cell that shows this page in the notebook')}
            onClick={() =>
              insert({
                cell_type: 'code',
                source: cellOf(table.full_name, props.version, chosen)
              })
            }
          />
        )}
        <CompareWith
          table={table}
          version={props.version}
          target={chosen?.target}
          onBegun={begun}
        />
        <Button
          label={trans.__('New profile…')}
          icon="refresh"
          onClick={() => setAsking(true)}
        />
      </div>
      {chosen?.state === 'FAILED' ? (
        <ErrorView
          error={
            new Error(
              [chosen.error?.message, chosen.error?.hint]
                .filter(Boolean)
                .join(' ') || trans.__('The profile could not be made.')
            )
          }
          onRetry={() => setAsking(true)}
        />
      ) : chosen === undefined || chosen.state === 'RUNNING' ? (
        <Running id={id} onEnd={refetch} />
      ) : isComparison(chosen) ? (
        <Compared key={id} id={id} />
      ) : (
        <Stored key={id} id={id} />
      )}
    </>
  );
}

function isComparison(info: IProfileInfo | undefined): boolean {
  return info?.source_kind === 'comparison';
}

/** The cell that shows the same page in a notebook. */
function cellOf(
  name: string,
  version: number | undefined,
  like: IProfileInfo | undefined
): string {
  const at = version === undefined ? '' : `@v${version}`;
  const option = (flag: string, value: string | undefined): string =>
    value === undefined
      ? ''
      : ` ${flag} ${/^[\w.]+$/.test(value) ? value : JSON.stringify(value)}`;
  return `%eda ${name}${at}${option('--target', like?.target)}${option('--time', like?.time_column)}`;
}

function Choice(props: {
  profiles: readonly IProfileInfo[];
  chosen: string;
  onChoose: (id: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const now = useNow();
  const label = (one: IProfileInfo): string =>
    [
      isComparison(one) && trans.__('comparison'),
      one.source_version !== undefined &&
        trans.__('version %1', one.source_version),
      one.target !== undefined && trans.__('target %1', one.target),
      one.state === 'STOPPED' && trans.__('stopped'),
      one.state === 'FAILED' && trans.__('failed'),
      one.state === 'RUNNING' && trans.__('being made'),
      formatRelative(one.created_at, Math.max(now, one.created_at)),
      trans.__('by %1', one.actor)
    ]
      .filter(Boolean)
      .join(' · ');
  return (
    <Select
      label={trans.__('Profile')}
      value={props.chosen}
      options={props.profiles.map(one => ({
        value: one.id,
        label: label(one)
      }))}
      onChange={props.onChoose}
    />
  );
}

function Stored({ id }: { id: string }): JSX.Element {
  const query = useApi(profileQuery(id));
  return (
    <QueryView query={query}>
      {profile => <ProfileView profile={profile} live embedded />}
    </QueryView>
  );
}

function Compared({ id }: { id: string }): JSX.Element {
  const query = useApi(comparisonQuery(id));
  return (
    <div className="jp-mlnb-Scroll">
      <QueryView query={query}>
        {comparison => <ComparisonView comparison={comparison} live />}
      </QueryView>
    </div>
  );
}

/** What is being read, and what stops it. */
function Running(props: { id: string; onEnd: () => void }): JSX.Element {
  const { id, onEnd } = props;
  const trans = useTrans();
  const progress = useProgress(`profile:${id}`);
  const state = progress?.state;
  const ended = state !== undefined && state !== 'running';
  React.useEffect(() => {
    if (ended) {
      onEnd();
    }
  }, [ended, onEnd]);
  const stop = useAction(api => api.explore.stop(id), onEnd);
  return (
    <div className="jp-mlnb-ProfileTab-running">
      <ProgressBar
        label={trans.__('Profiling')}
        done={progress?.done ?? 0}
        total={progress?.total ?? 0}
        message={progress?.message || trans.__('Reading the table…')}
      />
      <Button
        label={trans.__('Stop')}
        icon="stop"
        busy={stop.isPending}
        title={trans.__('Keep what the sample told')}
        onClick={() => stop.mutate(undefined)}
      />
    </div>
  );
}

function StartForm(props: {
  table: ITable;
  version: number | undefined;
  like: IProfileInfo | undefined;
  others: number;
  onBegun: (id: string) => void;
  onCancel?: () => void;
  onOlder?: () => void;
}): JSX.Element {
  const { table, version, like, onBegun, onCancel, onOlder } = props;
  const host = useHost();
  const { trans } = host;
  const [target, setTarget] = React.useState(like?.target ?? '');
  const times = table.columns.filter(one => isTemporalType(one.type_text));
  const [time, setTime] = React.useState(
    like?.time_column ?? (times.length === 1 ? times[0].name : '')
  );
  const [group, setGroup] = React.useState('');
  const start = useAction(
    (api, asked: IProfileQuery) => api.explore.start(asked),
    ({ id }) => onBegun(id)
  );
  const names = table.columns.map(one => one.name);
  return (
    <EmptyState
      icon="chart"
      title={trans.__('See what the table holds')}
      text={trans.__(
        'Distributions, what is missing, what is wrong, and what predicts the column you choose. Held-out rows are left out.'
      )}
    >
      <form
        className="jp-mlnb-ProfileTab-form"
        onSubmit={event => {
          event.preventDefault();
          start.mutate(question());
        }}
      >
        <Select
          label={trans.__('Target')}
          value={target}
          options={optionsOf(names, trans)}
          onChange={setTarget}
        />
        <Select
          label={trans.__('Time')}
          value={time}
          options={optionsOf(names, trans)}
          onChange={setTime}
        />
        <Select
          label={trans.__('Group')}
          value={group}
          options={optionsOf(names, trans)}
          onChange={setGroup}
        />
        <p className="jp-mlnb-Muted">
          {trans.__(
            'Rows of one group, such as a customer, belong together: they are never split.'
          )}
        </p>
        <div className="jp-mlnb-ProfileTab-actions">
          <Button
            label={trans.__('Profile')}
            icon="play"
            kind="accept"
            busy={start.isPending}
            onClick={() => start.mutate(question())}
          />
          {onCancel && <Button label={trans.__('Cancel')} onClick={onCancel} />}
          {onOlder && (
            <Button
              label={trans._n(
                'Open the older profile',
                'Open one of %1 older profiles',
                props.others
              )}
              kind="link"
              onClick={onOlder}
            />
          )}
        </div>
      </form>
    </EmptyState>
  );

  function question(): IProfileQuery {
    return {
      source: table.full_name,
      ...(version === undefined ? {} : { version }),
      ...(target ? { target } : {}),
      ...(time ? { time_column: time } : {}),
      ...(group ? { group } : {})
    };
  }
}

function optionsOf(
  names: readonly string[],
  trans: ITrans
): { value: string; label: string }[] {
  return [
    { value: '', label: trans.__('none') },
    ...names.map(name => ({ value: name, label: name }))
  ];
}

export default ProfileTab;
