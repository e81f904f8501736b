import type {
  IAlert,
  IJobCell,
  IJobRunSummary,
  IMonitorSummary
} from '../api/types.monitors';
import type { Tone } from '../components/State';
import type { ITrans } from '../host';

export interface IStateWords {
  tone: Tone;
  label: string;
}

/** How a monitor stands; drift without an alert is worth a look, not an alarm. */
export function monitorState(
  monitor: Pick<IMonitorSummary, 'status' | 'drifted_columns'> & {
    state: string;
  },
  trans: ITrans
): IStateWords {
  if (monitor.status === 'MONITOR_STATUS_ERROR') {
    return { tone: 'bad', label: trans.__('Refresh failed') };
  }
  switch (monitor.state) {
    case 'alert':
      return { tone: 'bad', label: trans.__('Alert') };
    case 'learning':
      return { tone: 'busy', label: trans.__('Learning') };
    case 'ok':
      return monitor.drifted_columns > 0
        ? { tone: 'warn', label: trans.__('Drift') }
        : { tone: 'good', label: trans.__('Steady') };
    default:
      return { tone: 'idle', label: trans.__('Not refreshed yet') };
  }
}

export function alertState(
  alert: Pick<IAlert, 'state' | 'enabled'>,
  trans: ITrans
): IStateWords {
  if (!alert.enabled) {
    return { tone: 'idle', label: trans.__('Off') };
  }
  switch (alert.state) {
    case 'TRIGGERED':
      return { tone: 'bad', label: trans.__('Triggered') };
    case 'OK':
      return { tone: 'good', label: trans.__('Quiet') };
    default:
      return { tone: 'idle', label: trans.__('Not judged yet') };
  }
}

export function refreshState(state: string, trans: ITrans): IStateWords {
  switch (state) {
    case 'SUCCESS':
      return { tone: 'good', label: trans.__('Done') };
    case 'FAILED':
      return { tone: 'bad', label: trans.__('Failed') };
    case 'RUNNING':
      return { tone: 'busy', label: trans.__('Running') };
    case 'PENDING':
      return { tone: 'busy', label: trans.__('Waiting') };
    case 'CANCELED':
      return { tone: 'idle', label: trans.__('Canceled') };
    default:
      return { tone: 'idle', label: state };
  }
}

export function decisionState(decision: string, trans: ITrans): IStateWords {
  switch (decision) {
    case 'RETRAIN':
      return { tone: 'accent', label: trans.__('Retrain') };
    case 'WAIT':
      return { tone: 'warn', label: trans.__('Wait') };
    case 'KEEP':
      return { tone: 'good', label: trans.__('Keep') };
    default:
      return { tone: 'idle', label: decision };
  }
}

const OVER = ['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR'];

/** Whether a run has reached a state it does not leave again. */
export function isOver(run: Pick<IJobRunSummary, 'state'>): boolean {
  return OVER.includes(run.state);
}

export function jobRunState(
  run: Pick<IJobRunSummary, 'state' | 'result'>,
  trans: ITrans
): IStateWords {
  switch (isOver(run) ? (run.result ?? run.state) : run.state) {
    case 'SUCCESS':
      return { tone: 'good', label: trans.__('Succeeded') };
    case 'CANCELED':
      return { tone: 'idle', label: trans.__('Canceled') };
    case 'TIMEDOUT':
      return { tone: 'bad', label: trans.__('Timed out') };
    case 'SKIPPED':
      return { tone: 'idle', label: trans.__('Skipped') };
    case 'QUEUED':
      return { tone: 'idle', label: trans.__('Queued') };
    case 'PENDING':
      return { tone: 'busy', label: trans.__('Starting') };
    case 'RUNNING':
      return { tone: 'busy', label: trans.__('Running') };
    case 'TERMINATING':
      return { tone: 'busy', label: trans.__('Stopping') };
    default:
      return { tone: 'bad', label: trans.__('Failed') };
  }
}

export function cellState(
  state: IJobCell['state'],
  trans: ITrans
): IStateWords {
  switch (state) {
    case 'done':
      return { tone: 'good', label: trans.__('Done') };
    case 'error':
      return { tone: 'bad', label: trans.__('Failed') };
    case 'running':
      return { tone: 'busy', label: trans.__('Running') };
    default:
      return { tone: 'idle', label: trans.__('Waiting') };
  }
}
