import type { IStatus } from '../api/types';

/** A workspace that is ready and has nothing to tell. */
export const STATUS: IStatus = {
  api: 1,
  version: '0.1.0',
  workspace: { id: 'w', path: '/home/ada/.mlnb', state: 'ready' },
  supervisor: { running: true },
  user: 'ada',
  counts: { running: 0, requests: 0, alerts: 0 }
};
