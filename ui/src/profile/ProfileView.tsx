import * as React from 'react';
import type { IDrillFilter, IFinding, IProfile } from '../api/types.explore';
import { Facts } from '../components/Facts';
import type { IFact } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Section } from '../components/Page';
import { State, Tag } from '../components/State';
import { Tabs } from '../components/Tabs';
import {
  formatBytes,
  formatDuration,
  formatInteger,
  formatTime
} from '../format';
import { useHost, useTrans } from '../host';
import type { ITrans } from '../host';
import type { Filters } from './brush';
import { ColumnDetail } from './ColumnDetail';
import { ColumnTable, share } from './ColumnTable';
import { CorrelationsView } from './CorrelationMap';
import { DrillContext, useLine } from './drilling';
import { Findings } from './Findings';
import { MissingView } from './MissingView';
import { Offline } from './PairView';
import { BrushBar } from './RowsView';
import { LearningCurveView, SlicesView } from './SlicesView';
import { ranking, TargetRanking } from './TargetRanking';
import { TimelineView } from './TimelineView';
import { kindWord, sourceName } from './words';

export interface IProfileViewProps {
  profile: IProfile;
  /** Whether somebody answers questions about the rows. */
  live: boolean;
  /** Part of a page that already says which table and version it is about. */
  embedded?: boolean;
}

/** The live page of a profile: everything of its snapshot at once; rows behind it where they can be asked for. */
export function ProfileView(props: IProfileViewProps): JSX.Element {
  const { profile, live } = props;
  const trans = useTrans();
  const line = useLine(profile.id, live);
  const { findings, decide } = useFindings(profile);
  const [tab, setTab] = React.useState('overview');
  const [filters, setFilters] = React.useState<Filters>([]);
  const [column, setColumn] = React.useState(
    () =>
      ranking(profile)[0]?.column_name ?? profile.columns[0]?.column_name ?? ''
  );
  const tabs = tabsOf(profile, findings, trans);
  const current = tabs.find(one => one.id === tab)?.id ?? tabs[0].id;
  const onColumn = (name: string): void => {
    if (profile.columns.some(one => one.column_name === name)) {
      setColumn(name);
      setTab('columns');
    }
  };
  const onDecide = live ? decide : undefined;
  return (
    <DrillContext.Provider value={line}>
      <section
        className="jp-mlnb-Profile"
        aria-label={trans.__('Profile of %1', profile.source.name)}
      >
        <Header {...props} />
        <Tabs
          label={trans.__('Profile of %1', profile.source.name)}
          tabs={tabs}
          current={current}
          onSelect={setTab}
        >
          <BrushBar
            profile={profile}
            filters={filters}
            onFilters={setFilters}
          />
          <div
            className={`jp-mlnb-Profile-body${current === 'columns' ? ' jp-mod-columns' : ''}`}
          >
            {content()}
          </div>
        </Tabs>
      </section>
    </DrillContext.Provider>
  );

  function content(): JSX.Element | null {
    switch (current) {
      case 'columns': {
        const chosen = profile.columns.find(one => one.column_name === column);
        return (
          <div className="jp-mlnb-Profile-columns">
            <ColumnTable
              profile={profile}
              findings={findings}
              selected={column}
              filters={filters}
              onSelect={setColumn}
            />
            {chosen && (
              <ColumnDetail
                profile={profile}
                column={chosen}
                findings={findings}
                filters={filters}
                onFilters={setFilters}
                onColumn={onColumn}
                onDecide={onDecide}
              />
            )}
          </div>
        );
      }
      case 'correlations':
        return (
          <CorrelationsView
            profile={profile}
            correlations={profile.correlations ?? {}}
            filters={filters}
          />
        );
      case 'missing':
        return <MissingView profile={profile} onColumn={onColumn} />;
      case 'time':
        return profile.timeline ? (
          <TimelineView
            timeline={profile.timeline}
            target={profile.target}
            sampled={
              (profile.sample_rows ?? 0) < profile.rows
                ? profile.sample_rows
                : undefined
            }
            onColumn={onColumn}
          />
        ) : null;
      case 'slices':
        return (
          <SlicesView
            profile={profile}
            slices={profile.slices ?? []}
            onRows={(chosen: IDrillFilter[]) => {
              setFilters(chosen);
              setTab('columns');
            }}
          />
        );
      default:
        return (
          <Overview
            profile={profile}
            findings={findings}
            live={live}
            onColumn={onColumn}
            onDecide={onDecide}
          />
        );
    }
  }
}

/** The findings as they stand now: what is decided here counts at once. */
function useFindings(profile: IProfile): {
  findings: readonly IFinding[];
  decide: (
    finding: IFinding,
    decision: { state: 'open' | 'dismissed'; reason?: string }
  ) => Promise<unknown>;
} {
  const { api } = useHost();
  const [decided, setDecided] = React.useState<ReadonlyMap<string, IFinding>>(
    new Map()
  );
  React.useEffect(() => setDecided(new Map()), [profile]);
  const findings = React.useMemo(
    () => (profile.findings ?? []).map(one => decided.get(one.id) ?? one),
    [profile, decided]
  );
  const decide = async (
    finding: IFinding,
    decision: { state: 'open' | 'dismissed'; reason?: string }
  ): Promise<void> => {
    const answer = await api.explore.decide(profile.id, finding.id, decision);
    setDecided(old =>
      new Map(old).set(finding.id, { ...finding, reason: undefined, ...answer })
    );
  };
  return { findings, decide };
}

function tabsOf(
  profile: IProfile,
  findings: readonly IFinding[],
  trans: ITrans
): { id: string; label: string; count?: number }[] {
  const open = findings.filter(one => one.state !== 'dismissed').length;
  const pairs = profile.correlations?.pairs ?? [];
  return [
    { id: 'overview', label: trans.__('Overview'), count: open || undefined },
    {
      id: 'columns',
      label: trans.__('Columns'),
      count: profile.columns.length
    },
    ...(pairs.length > 0
      ? [{ id: 'correlations', label: trans.__('Correlations') }]
      : []),
    ...(profile.columns.some(one => one.num_nulls > 0)
      ? [{ id: 'missing', label: trans.__('Missing') }]
      : []),
    ...(profile.timeline ? [{ id: 'time', label: trans.__('Time') }] : []),
    ...((profile.slices ?? []).length > 0
      ? [{ id: 'slices', label: trans.__('Slices') }]
      : [])
  ];
}

function Overview(props: {
  profile: IProfile;
  findings: readonly IFinding[];
  live: boolean;
  onColumn: (name: string) => void;
  onDecide: React.ComponentProps<typeof Findings>['onDecide'];
}): JSX.Element {
  const { profile, findings } = props;
  const trans = useTrans();
  const notes = profile.notes ?? [];
  return (
    <>
      <div className="jp-mlnb-Columns">
        <Section title={trans.__('Findings')}>
          <Findings
            findings={findings}
            source={profile.source}
            onColumn={props.onColumn}
            onDecide={props.onDecide}
          />
        </Section>
        {ranking(profile).length > 0 && (
          <Section title={trans.__('What predicts the target')}>
            <TargetRanking profile={profile} onColumn={props.onColumn} />
          </Section>
        )}
      </div>
      {profile.learning_curve && (
        <LearningCurveView curve={profile.learning_curve} />
      )}
      {notes.length > 0 && (
        <Section title={trans.__('How it was made')}>
          <ul className="jp-mlnb-Profile-notes">
            {notes.map(note => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Section>
      )}
      {!props.live && <Offline />}
    </>
  );
}

function Header(props: IProfileViewProps): JSX.Element {
  const { profile, embedded } = props;
  const trans = useTrans();
  const { holdout, target, time_column: time } = profile;
  return (
    <header
      className={`jp-mlnb-Profile-header${embedded ? ' jp-mod-embedded' : ''}`}
    >
      {!embedded && (
        <h2>
          <bdi>{sourceName(profile.source, trans)}</bdi>
        </h2>
      )}
      <div className="jp-mlnb-Profile-marks">
        {target && (
          <Tag label={trans.__('target %1', target.column)} tone="accent" />
        )}
        {time !== undefined && (
          <Tag label={trans.__('time %1', time)} icon="clock" />
        )}
        {profile.group !== undefined && (
          <Tag label={trans.__('groups of %1', profile.group)} />
        )}
        {profile.complete === false && (
          <State
            tone="warn"
            label={trans.__(
              'from a sample of %1 rows; not all rows were read',
              formatInteger(profile.sample_rows ?? 0)
            )}
          />
        )}
        {holdout?.note && (
          <span
            className={`jp-mlnb-State jp-mod-${holdout.known === false || holdout.included ? 'warn' : 'good'}`}
            title={holdout.included}
          >
            <Icon name="lock" />
            <span>{holdout.note}</span>
          </span>
        )}
      </div>
      <Facts facts={factsOf(profile, trans)} />
    </header>
  );
}

function factsOf(profile: IProfile, trans: ITrans): IFact[] {
  const cells = profile.rows * profile.columns.length;
  const kinds = new Map<string, number>();
  for (const { kind } of profile.columns) {
    const word = kindWord(kind, trans);
    kinds.set(word, (kinds.get(word) ?? 0) + 1);
  }
  const { duplicates } = profile;
  const facts: (IFact | false)[] = [
    { label: trans.__('Rows'), value: formatInteger(profile.rows) },
    {
      label: trans.__('Columns'),
      value: formatInteger(profile.columns.length),
      title: [...kinds]
        .map(([word, count]) => trans.__('%1 × %2', formatInteger(count), word))
        .join(', ')
    },
    {
      label: trans.__('Missing cells'),
      value: share((profile.missing_cells ?? 0) / Math.max(cells, 1)),
      title: formatInteger(profile.missing_cells ?? 0)
    },
    (duplicates !== undefined || profile.duplicate_rows !== undefined) && {
      label: trans.__('Duplicate rows'),
      value:
        (duplicates && duplicates.basis !== 'exact' && duplicates.basis
          ? '≈ '
          : '') +
        formatInteger(duplicates?.rows ?? profile.duplicate_rows ?? 0),
      title:
        duplicates?.lower !== undefined && duplicates.upper !== undefined
          ? trans.__(
              '%1 to %2 of the rows',
              share(duplicates.lower),
              share(duplicates.upper)
            )
          : undefined
    },
    (profile.memory_bytes ?? 0) > 0 && {
      label: trans.__('In memory'),
      value: formatBytes(profile.memory_bytes ?? 0)
    },
    {
      label: trans.__('Made'),
      value: formatTime(profile.created_at),
      title: trans.__(
        '%1 by the clock, %2 of processor time',
        formatDuration(profile.timing.seconds * 1000),
        formatDuration(profile.timing.cpu_seconds * 1000)
      )
    }
  ];
  return facts.filter((one): one is IFact => one !== false);
}

export default ProfileView;
