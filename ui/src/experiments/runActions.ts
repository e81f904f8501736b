/**
 * What is done to runs from a page or a command: each asks what it must, acts, and says what came of it. What changed on the
 * screen comes back through the journal.
 */
import { ApiError } from '../api/errors';
import type { IActionQuery, IActionReport } from '../api/types.runs';
import { formatBytes, formatInteger } from '../format';
import type { IHost, INotice } from '../host';

/** A run as actions need it. */
export interface IActRun {
  run_id: string;
  name: string;
}

type Act = IActionQuery & { action: Exclude<IActionQuery['action'], 'purge'> };

const idsOf = (runs: readonly IActRun[]): string[] =>
  runs.map(run => run.run_id);

function failed(host: IHost, error: unknown): void {
  host.notify({
    kind: 'error',
    message: error instanceof Error ? error.message : String(error),
    hint: error instanceof ApiError ? error.hint : null
  });
}

/** Acts and tells of it; `said` has the words for so many runs. False when it was refused altogether. */
async function act(
  host: IHost,
  query: Act,
  said: (count: number) => Pick<INotice, 'message' | 'actions'>
): Promise<boolean> {
  let report: IActionReport;
  try {
    report = await host.api.runs.act(query);
  } catch (error) {
    failed(host, error);
    return false;
  }
  const { changed, refused } = report;
  if (changed.length > 0) {
    host.notify({ kind: 'success', ...said(changed.length) });
  }
  if (refused.length > 0) {
    const { trans } = host;
    host.notify({
      kind: 'warning',
      message: trans._n(
        '%1 run was left alone.',
        '%1 runs were left alone.',
        refused.length
      ),
      hint: refused
        .slice(0, 3)
        .map(one => `${one.name || one.run_id.slice(0, 8)}: ${one.reason}`)
        .join(' ')
    });
  }
  return changed.length > 0;
}

/** Into the trash; the notice offers to undo it. */
export function trashRuns(
  host: IHost,
  runs: readonly IActRun[]
): Promise<boolean> {
  const { trans } = host;
  return act(host, { action: 'trash', run_ids: idsOf(runs) }, count => ({
    message:
      count === 1 && runs.length === 1
        ? trans.__('%1 is in the trash.', runs[0].name)
        : trans._n(
            '%1 run is in the trash.',
            '%1 runs are in the trash.',
            count
          ),
    actions: [
      {
        label: trans.__('Undo'),
        run: () => void restoreRuns(host, runs)
      }
    ]
  }));
}

export function restoreRuns(
  host: IHost,
  runs: readonly IActRun[]
): Promise<boolean> {
  const { trans } = host;
  return act(host, { action: 'restore', run_ids: idsOf(runs) }, count => ({
    message: trans._n('%1 run is back.', '%1 runs are back.', count)
  }));
}

/** Remove for good: says first what and how much, and wants the number typed. */
export async function purgeRuns(
  host: IHost,
  runs: readonly IActRun[]
): Promise<boolean> {
  const { trans } = host;
  const ids = idsOf(runs);
  try {
    const plan = await host.api.runs.purge(ids, true);
    const left = plan.refused
      .slice(0, 3)
      .map(one => `${one.name || one.run_id.slice(0, 8)}: ${one.reason}`)
      .join(' ');
    if (plan.runs.length === 0) {
      host.notify({
        kind: 'warning',
        message: trans.__('None of them can be removed for good.'),
        hint: left
      });
      return false;
    }
    if (!(await confirmPurge(host, plan.runs.length, plan.bytes, left))) {
      return false;
    }
    const done = await host.api.runs.purge(
      plan.runs.map(run => run.run_id),
      false
    );
    host.notify({
      kind: 'success',
      message: trans._n(
        '%1 run removed for good, %2 freed.',
        '%1 runs removed for good, %2 freed.',
        done.runs.length,
        formatBytes(done.bytes)
      )
    });
    return true;
  } catch (error) {
    failed(host, error);
    return false;
  }
}

async function confirmPurge(
  host: IHost,
  count: number,
  bytes: number,
  left: string
): Promise<boolean> {
  const { trans } = host;
  const what = trans._n(
    'Remove %2 run with its files and models, %3, for good?',
    'Remove %2 runs with their files and models, %3, for good?',
    count,
    formatInteger(count),
    formatBytes(bytes)
  );
  if (!host.ask) {
    return host.confirm({
      title: trans.__('Remove for good'),
      body: [what, left].filter(Boolean).join(' '),
      action: trans.__('Remove'),
      danger: true
    });
  }
  const typed = await host.ask({
    title: trans.__('Remove for good'),
    label: `${what} ${trans.__('Type %1 to confirm.', String(count))}`,
    hint:
      (left ? `${trans.__('Left alone:')} ${left} ` : '') +
      trans.__('This cannot be undone.'),
    action: trans.__('Remove')
  });
  if (typed === null) {
    return false;
  }
  if (typed.trim() !== String(count)) {
    host.notify({
      kind: 'info',
      message: trans.__('Nothing was removed.'),
      hint: trans.__('%1 was to be typed.', String(count))
    });
    return false;
  }
  return true;
}

/** `key=value` for each of them; without a value the tag is taken away. */
export async function tagRuns(
  host: IHost,
  runs: readonly IActRun[]
): Promise<boolean> {
  const { trans } = host;
  const typed = await host.ask?.({
    title: trans._n('Tag %1 run', 'Tag %1 runs', runs.length),
    label: trans.__('Tag'),
    placeholder: trans.__('stage=candidate'),
    hint: trans.__('A name, = and a value; -name takes a tag away.'),
    action: trans.__('Tag')
  });
  const text = typed?.trim();
  if (!text) {
    return false;
  }
  if (text.startsWith('-')) {
    const key = text.slice(1).trim();
    return act(host, { action: 'untag', run_ids: idsOf(runs), key }, count => ({
      message: trans._n(
        'Tag %2 taken from %1 run.',
        'Tag %2 taken from %1 runs.',
        count,
        key
      )
    }));
  }
  const at = text.indexOf('=');
  const key = (at < 0 ? text : text.slice(0, at)).trim();
  const value = at < 0 ? 'true' : text.slice(at + 1).trim();
  return act(
    host,
    { action: 'tag', run_ids: idsOf(runs), key, value },
    count => ({
      message: trans._n(
        '%1 run is tagged %2.',
        '%1 runs are tagged %2.',
        count,
        key
      )
    })
  );
}

/** Into the experiment whose name is typed. */
export async function moveRuns(
  host: IHost,
  runs: readonly IActRun[]
): Promise<boolean> {
  const { trans } = host;
  const experiment = await host.ask?.({
    title: trans._n('Move %1 run', 'Move %1 runs', runs.length),
    label: trans.__('Experiment'),
    hint: trans.__('The name of the experiment they belong to from now on.'),
    action: trans.__('Move')
  });
  if (!experiment?.trim()) {
    return false;
  }
  return moveRunsTo(host, runs, experiment.trim());
}

export function moveRunsTo(
  host: IHost,
  runs: readonly IActRun[],
  experiment: string
): Promise<boolean> {
  const { trans } = host;
  return act(
    host,
    { action: 'move', run_ids: idsOf(runs), experiment },
    count => ({
      message: trans._n(
        '%1 run moved to %2.',
        '%1 runs moved to %2.',
        count,
        experiment
      )
    })
  );
}

/** Pinned runs stay on top, and nothing removes them. */
export function pinRuns(
  host: IHost,
  runs: readonly IActRun[],
  pinned: boolean
): Promise<boolean> {
  const { trans } = host;
  return act(
    host,
    { action: pinned ? 'pin' : 'unpin', run_ids: idsOf(runs) },
    count => ({
      message: pinned
        ? trans._n('%1 run is pinned.', '%1 runs are pinned.', count)
        : trans._n(
            '%1 run is no longer pinned.',
            '%1 runs are no longer pinned.',
            count
          )
    })
  );
}
