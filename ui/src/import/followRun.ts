/** One notice per load: what it does, then what came of it, wherever its page is by then. */
import { formatAddress } from '../address';
import type { IIngestRun } from '../api/types.ingest';
import { formatInteger } from '../format';
import type { IHost, INotice } from '../host';

export function followRun(host: IHost, id: string, table: string): void {
  const { trans, api } = host;
  const cancel = {
    label: trans.__('Cancel'),
    run: () => void api.ingest.cancel(id).catch(() => undefined)
  };
  const notice = host.notify({
    kind: 'progress',
    message: trans.__('Importing into %1…', table),
    actions: [cancel]
  });
  const look = async (): Promise<void> => {
    try {
      const run = await api.ingest.get(id);
      if (run.state !== 'RUNNING') {
        stop();
        notice.update(outcome(host, run));
      }
    } catch {
      // The page shows what is wrong; the next event asks again.
    }
  };
  const stop = host.events.onChanges(({ events, gap }) => {
    if (gap || events.some(event => event.subject === `ingest:${id}`)) {
      void look();
    }
  });
  // It may have ended before anybody listened.
  void look();
}

function outcome(host: IHost, run: IIngestRun): INotice {
  const { trans } = host;
  if (run.state === 'SUCCEEDED' && run.report) {
    const { rows, rejected, table, rejects_table } = run.report;
    const loaded = trans._n(
      '%2 row is in %3.',
      '%2 rows are in %3.',
      rows,
      formatInteger(rows),
      table
    );
    const actions = [
      {
        label: trans.__('Open'),
        run: () => host.open(formatAddress('table', table))
      }
    ];
    if (rejected > 0 && rejects_table) {
      actions.push({
        label: trans.__('Rejected rows'),
        run: () => host.open(formatAddress('table', rejects_table))
      });
    }
    return {
      kind: rejected > 0 ? 'warning' : 'success',
      message: loaded,
      hint:
        rejected > 0
          ? trans._n(
              '%2 line was rejected.',
              '%2 lines were rejected.',
              rejected,
              formatInteger(rejected)
            )
          : undefined,
      actions
    };
  }
  return run.state === 'CANCELED'
    ? {
        kind: 'info',
        message: trans.__('The import into %1 was canceled.', run.table)
      }
    : {
        kind: 'error',
        message: run.error?.message ?? trans.__('The import failed.'),
        hint: run.error?.hint
      };
}
