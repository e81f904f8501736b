/** The components in a host that knows widgets and nothing of ours. */
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import styles from '../../style/index.css';
import { ApiClient } from '../api/client';
import { MessageTransport } from '../api/messages';
import type { IAnswerHead } from '../api/messages';
import type { IChartEngine } from '../charts/engine';
import type { IHost, ISavedState } from '../host';
import type { Live } from '../hooks/useLive';
import { OUTPUTS } from '../output/components';
import { Output, READY } from '../output/Output';
import type { ILink } from '../output/types';
import { viewOf } from '../output/types';
import { plainTexts } from './texts';
import fallbacks from './theme.css';

interface IModel {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  on(event: string, run: (content: unknown, buffers: DataView[]) => void): void;
  off(
    event: string,
    run: (content: unknown, buffers: DataView[]) => void
  ): void;
  send(content: unknown): void;
}

/** Once per page, and Lab's colours where the page has none. */
function addStyles(el: HTMLElement): void {
  const root = el.getRootNode();
  const place = root instanceof ShadowRoot ? root : document.head;
  if (!place.querySelector('style[data-mlnb]')) {
    const node = document.createElement('style');
    node.dataset.mlnb = '';
    node.textContent = fallbacks + styles;
    place.append(node);
  }
  const known = getComputedStyle(document.body).getPropertyValue(
    '--jp-layout-color1'
  );
  el.classList.toggle('jp-mlnb-Foreign', known.trim() === '');
}

class WidgetLink implements ILink {
  constructor(private readonly _model: IModel) {
    this.transport = new MessageTransport(question =>
      _model.send({ request: question })
    );
    _model.on('msg:custom', this._receive);
  }

  readonly transport: MessageTransport;

  get current(): Live {
    return this._current;
  }

  subscribe(listener: () => void): () => void {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Ask once whether the rows are still there; a widget without a kernel gets no answer. */
  async look(api: ApiClient, component: string, id: string): Promise<void> {
    const asked =
      component === 'DataGrid'
        ? api.grids.get(id)
        : component === 'ProfileView'
          ? api.explore.drill(id, { kind: 'rows', limit: 1 })
          : Promise.resolve();
    let late = 0;
    try {
      await Promise.race([
        asked,
        new Promise((_, reject) => {
          late = window.setTimeout(() => reject(new Error('late')), 20_000);
        })
      ]);
      this._set('live');
    } catch {
      this._set('gone');
    } finally {
      clearTimeout(late);
    }
  }

  dispose(): void {
    this._model.off('msg:custom', this._receive);
    this.transport.close();
  }

  private _set(next: Live): void {
    this._current = next;
    this._listeners.forEach(listener => listener());
  }

  private readonly _receive = (content: unknown, buffers: DataView[]): void => {
    const head = (content as { answer?: IAnswerHead } | null)?.answer;
    if (head) {
      this.transport.receive(head, buffers[0]);
    }
  };

  private _current: Live = 'asking';
  private _listeners = new Set<() => void>();
}

function hostOf(
  api: ApiClient,
  load: (name: string) => Promise<unknown>
): IHost {
  const memory = new Map<string, unknown>();
  return {
    kind: 'output',
    api,
    events: {
      onChanges: () => () => undefined,
      onProgress: () => () => undefined
    },
    connection: READY,
    trans: plainTexts,
    open: () => undefined,
    confirm: async ({ title, body }) => window.confirm(`${title}\n\n${body}`),
    notify: ({ message, hint }) => {
      window.alert([message, hint].filter(Boolean).join('\n'));
      return { update: () => undefined, dismiss: () => undefined };
    },
    copy: text => navigator.clipboard.writeText(text),
    markdown: async source => {
      const node = document.createElement('div');
      node.textContent = source;
      return node;
    },
    charts: async () => {
      const code = (await load('charts.js')) as {
        loadPlotly(): Promise<IChartEngine>;
      };
      return code.loadPlotly();
    },
    saved: <T,>(key: string): ISavedState<T> => ({
      get: async () => memory.get(key) as T | undefined,
      set: value => void memory.set(key, value)
    }),
    preference: async (_, fallback) => fallback
  };
}

/** Show a widget's view; returns what takes it away again. */
export function mount(
  model: IModel,
  el: HTMLElement,
  load: (name: string) => Promise<unknown>
): () => void {
  addStyles(el);
  const view = viewOf(model.get('view'));
  if (!view) {
    return () => undefined;
  }
  const link = new WidgetLink(model);
  const api = new ApiClient(link.transport);
  void link.look(api, view.component, String(view.props?.id ?? ''));
  const root = createRoot(el);
  root.render(
    <Output
      host={hostOf(api, load)}
      link={link}
      view={view}
      components={OUTPUTS}
      onProps={change => {
        const kept = { ...view, props: { ...view.props, ...change } };
        model.set('view', kept);
        model.save_changes();
      }}
    />
  );
  return () => {
    root.unmount();
    link.dispose();
  };
}
