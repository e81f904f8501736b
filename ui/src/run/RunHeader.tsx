import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import { addToTray } from '../compare/tray';
import { Button } from '../components/Button';
import { EditableText } from '../components/EditableText';
import type { IFact } from '../components/Facts';
import { Markdown } from '../components/Markdown';
import { NotebookLink } from '../components/NotebookLink';
import { State, Tag } from '../components/State';
import { Elapsed, RelativeTime } from '../components/Time';
import { pinRuns, restoreRuns, trashRuns } from '../experiments/runActions';
import { runState } from '../experiments/rows';
import { formatDuration } from '../format';
import { useAction } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import type { IMenuItem, ITrans } from '../host';
import { changeRun } from './changes';
import { RegisterForm, registeredName } from './RegisterForm';
import { ReplayForm } from './ReplayForm';
import { reproducibleState, verdictState } from './words';
import type { ReplayVerdict } from '../api/types.replay';

export function isRunning(run: Pick<IRun, 'status'>): boolean {
  return run.status === 'RUNNING' || run.status === 'SCHEDULED';
}

/** Runs in a process of their own have a log that grows, and can be stopped from here. */
export function isInBackground(run: IRun): boolean {
  const mode = run.session?.mode;
  return mode === 'background' || mode === 'replay';
}

/** The name, changed where it stands. */
export function RunTitle({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  return (
    <EditableText
      label={host.trans.__('Name')}
      text={run.name}
      placeholder={host.trans.__('Add a name')}
      canEdit={!run.deleted}
      save={name => changeRun(host, run, { action: 'rename', name })}
    />
  );
}

/** What the run's maker or a reader says of it. */
export function RunNote({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  return (
    <EditableText
      label={host.trans.__('Note')}
      text={run.note ?? ''}
      placeholder={host.trans.__('Add a note')}
      canEdit={!run.deleted}
      multiline
      render={text => <Markdown source={text} />}
      save={note => changeRun(host, run, { action: 'annotate', note })}
    />
  );
}

/** State and marks beside the name. */
export function RunMarks({ run }: { run: IRun }): JSX.Element {
  const trans = useTrans();
  const order = reproducibleState(run.tags['mlnb.reproducible'], trans);
  const replayed = run.tags['mlnb.replay.verdict'];
  const leakage = run.tags['mlnb.leakage'];
  return (
    <>
      <State {...runState(run.status, trans)} />
      {run.deleted && (
        <State tone="warn" icon="trash" label={trans.__('In the trash')} />
      )}
      {run.tags['mlnb.pinned'] === 'true' && (
        <Tag label={trans.__('pinned')} icon="pin" tone="accent" />
      )}
      {isInBackground(run) && isRunning(run) && (
        <Tag label={trans.__('in the background')} icon="job" />
      )}
      {order && (
        <Tag
          label={order.label.toLocaleLowerCase()}
          icon={order.tone === 'good' ? 'check' : 'alert'}
          tone={order.tone}
          title={order.title}
        />
      )}
      {replayed && (
        <Tag
          label={trans.__(
            'replayed: %1',
            verdictState(
              replayed as ReplayVerdict,
              trans
            ).label.toLocaleLowerCase()
          )}
          icon="replay"
        />
      )}
      {leakage && leakage !== 'clean' && leakage !== 'none' && (
        <Tag label={trans.__('leakage: %1', leakage)} icon="alert" tone="bad" />
      )}
      {run.models
        .filter(model => registeredName(model.uri))
        .map(model => (
          <Tag key={model.uri} label={model.uri} icon="model" tone="accent" />
        ))}
    </>
  );
}

export function RunActions(props: {
  run: IRun;
  onTab: (tab: string) => void;
}): JSX.Element {
  const { run, onTab } = props;
  const host = useHost();
  const { trans } = host;
  const stop = useAction(api => api.runs.stop(run.run_id));
  if (run.deleted) {
    return (
      <Button
        label={trans.__('Restore')}
        icon="history"
        kind="accept"
        onClick={() => void restoreRuns(host, [run])}
      />
    );
  }
  return (
    <>
      {isRunning(run) && isInBackground(run) && (
        <Button
          label={trans.__('Stop')}
          icon="stop"
          kind="warn"
          busy={stop.isPending || stop.isSuccess}
          onClick={() => stop.mutate(undefined)}
        />
      )}
      {!isRunning(run) && (
        <>
          <ReplayForm run={run} onStarted={() => onTab('replays')} />
          {run.models.length > 0 && <RegisterForm run={run} />}
        </>
      )}
      <Button
        label={trans.__('More actions')}
        icon="more"
        iconOnly
        onClick={event => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          host.menu?.(menuOf(run, host), { x: left, y: bottom });
        }}
      />
    </>
  );
}

function menuOf(
  run: IRun,
  host: ReturnType<typeof useHost>
): readonly IMenuItem[] {
  const { trans } = host;
  const isPinned = run.tags['mlnb.pinned'] === 'true';
  return [
    {
      label: trans.__('All Runs of %1', run.experiment_name),
      run: () => host.open(formatAddress('experiment', run.experiment_id))
    },
    {
      label: trans.__('Add to Compare Tray'),
      run: () => void addToTray(host, [run])
    },
    { kind: 'line' },
    {
      label: trans.__('Copy Run Id'),
      run: () => void host.copy(run.run_id)
    },
    {
      label: trans.__('Copy Link'),
      run: () => void host.copy(formatAddress('run', run.run_id))
    },
    { kind: 'line' },
    {
      label: isPinned ? trans.__('Unpin') : trans.__('Pin'),
      run: () => void pinRuns(host, [run], !isPinned)
    },
    {
      label: trans.__('Move to Trash'),
      run: () => void trashRuns(host, [run])
    }
  ];
}

export function runFacts(run: IRun, trans: ITrans): IFact[] {
  const { git, source } = run;
  const facts: (IFact | false)[] = [
    {
      label: trans.__('Started'),
      value: <RelativeTime time={run.start_time} />
    },
    {
      label: trans.__('Duration'),
      value:
        run.end_time !== undefined ? (
          formatDuration(run.end_time - run.start_time)
        ) : isRunning(run) ? (
          <Elapsed since={run.start_time} />
        ) : (
          '–'
        )
    },
    run.user !== undefined && {
      label: trans.__('By'),
      value: <bdi>{run.user}</bdi>
    },
    source.notebook !== undefined && {
      label: trans.__('Notebook'),
      value: <NotebookLink path={source.notebook} cell={source.cell_id} />,
      title: source.notebook
    },
    run.tags['mlnb.scope'] !== undefined && {
      label: trans.__('Scope'),
      value: <ScopeLink name={run.tags['mlnb.scope']} />
    },
    git.commit !== undefined && {
      label: trans.__('Git commit'),
      value: (
        <span className="jp-mlnb-Mono">
          {git.commit.slice(0, 8)}
          {git.dirty && '+'}
        </span>
      ),
      title: [
        git.repository,
        git.branch,
        git.dirty && trans.__('with changes that were not committed')
      ]
        .filter(Boolean)
        .join(', ')
    }
  ];
  return facts.filter((fact): fact is IFact => fact !== false);
}

function ScopeLink({ name }: { name: string }): JSX.Element {
  const host = useHost();
  return (
    <Button
      label={name}
      kind="link"
      onClick={() => host.open(formatAddress('scope', name))}
    />
  );
}
