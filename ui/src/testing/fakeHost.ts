import { ApiClient } from '../api/client';
import type { IJournalEvent, IProgress } from '../api/types';
import type { IChartEngine, IChartSpec } from '../charts/engine';
import type {
  Connection,
  IChanges,
  IAsk,
  IConfirm,
  IConnectionSource,
  IEventSource,
  IHost,
  IMenuItem,
  INotice,
  ISavedState,
  ITrans
} from '../host';
import { FakeServer } from './fakeServer';
import type { FakeRoutes } from './fakeServer';
import { STATUS } from './status';

function fill(message: string, args: unknown[]): string {
  return message.replace(/%(\d+)/g, (_, i) => String(args[Number(i) - 1]));
}

/** Texts as they are written, placeholders filled in. */
export const plainTrans: ITrans = {
  __: (message, ...args) => fill(message, args),
  _n: (one, many, count, ...args) =>
    fill(count === 1 ? one : many, [count, ...args])
};

export class FakeEvents implements IEventSource {
  onChanges(listener: (changes: IChanges) => void): () => void {
    this._changes.add(listener);
    return () => this._changes.delete(listener);
  }

  onProgress(listener: (progress: IProgress) => void): () => void {
    this._progress.add(listener);
    return () => this._progress.delete(listener);
  }

  /** Tell that a subject such as `table:main.ml.x` changed. */
  change(subject: string, action = 'changed'): void {
    this._id += 1;
    const event: IJournalEvent = {
      id: this._id,
      time: Date.now(),
      actor: 'ada',
      action,
      subject,
      summary: ''
    };
    this._changes.forEach(one => one({ events: [event], gap: false }));
  }

  progress(progress: IProgress): void {
    this._progress.forEach(listener => listener(progress));
  }

  private _id = 0;
  private _changes = new Set<(changes: IChanges) => void>();
  private _progress = new Set<(progress: IProgress) => void>();
}

export class FakeConnection implements IConnectionSource {
  current: Connection = { kind: 'ready', status: STATUS };
  retries = 0;

  subscribe(listener: () => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  async retry(): Promise<void> {
    this.retries += 1;
  }

  set(next: Connection): void {
    this.current = next;
    this._listeners.forEach(listener => listener());
  }

  private _listeners = new Set<() => void>();
}

/** Keeps what it was asked to draw. */
export class FakeCharts implements IChartEngine {
  readonly drawn: IChartSpec[] = [];

  async draw(_: HTMLElement, spec: IChartSpec): Promise<void> {
    this.drawn.push(spec);
  }

  resize(): void {
    // Nothing is drawn.
  }

  async picture(): Promise<string> {
    return 'data:,';
  }

  dispose(): void {
    // Nothing is kept.
  }
}

export interface IFakeHost extends IHost {
  readonly server: FakeServer;
  readonly events: FakeEvents;
  readonly connection: FakeConnection;
  readonly opened: string[];
  readonly notices: INotice[];
  readonly copied: string[];
  readonly inserted: string[];
  readonly questions: IConfirm[];
  readonly drawn: FakeCharts;
  /** What a question is answered with. */
  answer: boolean;
  /** The menus that were opened, and the questions for a text. */
  readonly menus: (readonly IMenuItem[])[];
  readonly asked: IAsk[];
  /** What a question for a text is answered with. */
  text: string | null;
}

export function fakeHost(
  routes: FakeRoutes = {},
  changes: Partial<IHost> = {}
): IFakeHost {
  const server = new FakeServer(routes);
  const stored = new Map<string, unknown>();
  const drawn = new FakeCharts();
  const host: IFakeHost = {
    kind: 'test',
    server,
    api: new ApiClient(server),
    events: new FakeEvents(),
    connection: new FakeConnection(),
    trans: plainTrans,
    opened: [],
    notices: [],
    copied: [],
    inserted: [],
    questions: [],
    drawn,
    answer: true,
    menus: [],
    asked: [],
    text: null,
    ask: async question => {
      host.asked.push(question);
      return host.text;
    },
    menu: items => void host.menus.push(items),
    open: address => void host.opened.push(address),
    confirm: async question => {
      host.questions.push(question);
      return host.answer;
    },
    notify: notice => {
      host.notices.push(notice);
      return {
        update: next => void host.notices.push(next),
        dismiss: () => undefined
      };
    },
    copy: async text => void host.copied.push(text),
    markdown: async source => {
      const node = document.createElement('div');
      node.textContent = source;
      return node;
    },
    charts: async () => drawn,
    saved: <T>(key: string): ISavedState<T> => ({
      get: async () => stored.get(key) as T | undefined,
      set: value => void stored.set(key, value)
    }),
    preference: async (_, fallback) => fallback,
    insert: async cells => {
      host.inserted.push(...cells.map(cell => cell.source));
      return true;
    }
  };
  return Object.assign(host, changes);
}
