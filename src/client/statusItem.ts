/** The item of the status bar: what runs, what waits for a decision, which alerts are open. */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import type { IStatus } from '@mlnb/ui/lib/api/types';
import type { IMenuItem } from '@mlnb/ui/lib/host';
import { CommandIDs } from '../commandIds';
import { IMlnbHost } from '../tokens';

/** Subjects that change a count. */
const COUNTED =
  /^(run|job_run|job|model|model_version|registered_model|monitor|alert|request)[:_]/;
const SETTLE_MS = 1000;

type Counts = IStatus['counts'];

/** `2 running · 1 request`, empty when all are zero. */
export function countsText(counts: Counts, { trans }: IMlnbHost): string {
  return [
    counts.running > 0 && trans._n('%1 running', '%1 running', counts.running),
    counts.requests > 0 &&
      trans._n('%1 request', '%1 requests', counts.requests),
    counts.alerts > 0 && trans._n('%1 alert', '%1 alerts', counts.alerts)
  ]
    .filter(Boolean)
    .join(' · ');
}

class StatusItem extends Widget {
  constructor(
    private readonly _host: IMlnbHost,
    onOpen: (at: { x: number; y: number }) => void
  ) {
    super();
    this.addClass('jp-mlnb-StatusItem');
    this._button.type = 'button';
    this._button.className = 'jp-mlnb-StatusItem-button';
    this._button.setAttribute('aria-haspopup', 'menu');
    this._button.onclick = () => {
      const { left, top } = this._button.getBoundingClientRect();
      onOpen({ x: left, y: top });
    };
    this.node.append(this._button);
  }

  readonly changed = new Signal<this, void>(this);

  get isActive(): boolean {
    return this._button.textContent !== '';
  }

  get counts(): Counts {
    return this._counts;
  }

  set counts(counts: Counts) {
    const text = countsText(counts, this._host);
    this._counts = counts;
    if (text !== this._button.textContent) {
      this._button.textContent = text;
      this._button.title = this._host.trans.__('Machine learning: %1', text);
      this.changed.emit();
    }
  }

  private _button = document.createElement('button');
  private _counts: Counts = { running: 0, requests: 0, alerts: 0 };
}

/** What runs, by name, and the panels that hold the rest. */
async function activity(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  counts: Counts
): Promise<IMenuItem[]> {
  const { trans, api } = host;
  const { formatAddress } = await import('@mlnb/ui/lib/address');
  const show = (panel: string) => (): void =>
    void app.commands.execute(CommandIDs.showPanel, { panel });
  const items: IMenuItem[] = [];
  if (counts.running > 0) {
    const name = 'attributes.run_name';
    const page = await api.runs.query({
      state: ['RUNNING', 'SCHEDULED'],
      columns: [name],
      order_by: ['attributes.start_time DESC'],
      limit: 20
    });
    const names = page.columns.find(one => one.key === name)?.values ?? [];
    page.ids.forEach((id, i) =>
      items.push({
        label: String(names[i] ?? id.slice(0, 8)),
        run: () => host.open(formatAddress('run', id))
      })
    );
    if (counts.running > page.total) {
      items.push({
        label: trans._n('%1 job', '%1 jobs', counts.running - page.total),
        run: show('monitors')
      });
    }
    items.push({ kind: 'line' });
  }
  if (counts.requests > 0) {
    items.push({
      label: trans._n(
        '%1 Request Waits for a Decision',
        '%1 Requests Wait for a Decision',
        counts.requests
      ),
      run: show('registry')
    });
  }
  if (counts.alerts > 0) {
    items.push({
      label: trans._n('%1 Open Alert', '%1 Open Alerts', counts.alerts),
      run: show('monitors')
    });
  }
  items.push({ label: trans.__('Show Experiments'), run: show('experiments') });
  return items;
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:status-item',
  description: 'Shows in the status bar what runs and what waits.',
  autoStart: true,
  requires: [IMlnbHost],
  optional: [IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    host: IMlnbHost,
    bar: IStatusBar | null
  ): void => {
    const { trans } = host;
    const open = async (at: { x: number; y: number }): Promise<void> => {
      try {
        host.menu?.(await activity(app, host, item.counts), at);
      } catch (error) {
        host.notify({ kind: 'error', message: (error as Error).message });
      }
    };
    const item = new StatusItem(host, at => void open(at));
    app.commands.addCommand(CommandIDs.showActivity, {
      label: trans.__('Show What Runs and What Waits'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => open({ x: window.innerWidth / 2, y: 80 })
    });
    if (!bar) {
      return;
    }
    bar.registerStatusItem('mlnb:activity', {
      item,
      align: 'left',
      rank: 20,
      isActive: () => item.isActive,
      activeStateChanged: item.changed
    });
    follow(host, item);
  }
};

/** The first counts come with the connection's own question; later ones are asked for when something changed. */
function follow(host: IMlnbHost, item: StatusItem): void {
  const { connection, events, api } = host;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const take = (): void => {
    if (connection.current.kind === 'ready') {
      item.counts = connection.current.status.counts;
    }
  };
  const ask = async (): Promise<void> => {
    timer = null;
    try {
      item.counts = (await api.workspace.status()).counts;
    } catch {
      // The connection's state tells of it.
    }
  };
  const plan = (): void => {
    if (timer === null && !document.hidden) {
      timer = setTimeout(() => void ask(), SETTLE_MS);
    }
  };
  take();
  connection.subscribe(take);
  events.onChanges(({ events: told }) => {
    if (told.some(event => COUNTED.test(event.subject))) {
      plan();
    }
  });
}

export default plugin;
