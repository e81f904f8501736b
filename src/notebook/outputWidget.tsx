import type { ISessionContext } from '@jupyterlab/apputils';
import type { IRenderMime } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Output, OutputComponents } from '@mlnb/ui/lib/output/Output';
import type { IView } from '@mlnb/ui/lib/output/types';
import * as React from 'react';
import type { IMlnbHost } from '../tokens';
import type { KernelLink } from './kernelLink';

interface ILoaded {
  Output: typeof Output;
  components: OutputComponents;
  link: KernelLink;
  host: IMlnbHost;
}

/** An output of ours: its code is loaded when the first one is shown. */
export class OutputWidget extends ReactWidget implements IRenderMime.IRenderer {
  constructor(
    private readonly _host: IMlnbHost,
    private readonly _session: ISessionContext | null,
    private readonly _mimeType: string
  ) {
    super();
    this.addClass('jp-mlnb-Output');
    // Keys in an output are for what is in it, not for the notebook's commands, whose selectors match whatever
    // has the focus: so the mark must be on that itself.
    this.node.addEventListener('focusin', event => {
      (event.target as HTMLElement).dataset.lmSuppressShortcuts = 'true';
    });
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._model = model;
    const { viewOf } = await import('@mlnb/ui/lib/output/types');
    const view = viewOf(model.data[this._mimeType]);
    const before = this._view;
    this._view = view;
    if (view && (!this._loaded || before?.props?.id !== view.props?.id)) {
      await this._load(view);
    }
    if (!this.isDisposed) {
      this.update();
      await this.renderPromise;
    }
  }

  override dispose(): void {
    this._loaded?.link.dispose();
    super.dispose();
  }

  protected render(): React.ReactElement | null {
    if (!this._loaded || !this._view) {
      return this._view === null ? null : (
        <div className="jp-mlnb-Skeleton jp-mod-list" aria-busy="true" />
      );
    }
    const { Output: Component, host, link, components } = this._loaded;
    return (
      <Component
        key={String(this._view.props?.id)}
        host={host}
        link={link}
        view={this._view}
        components={components}
        onProps={this._onProps}
      />
    );
  }

  private async _load(view: IView): Promise<void> {
    const [output, { OUTPUTS }, { KernelLink }, { ApiClient }] =
      await Promise.all([
        import('@mlnb/ui/lib/output/Output'),
        import('@mlnb/ui/lib/output/components'),
        import('./kernelLink'),
        import('@mlnb/ui/lib/api/client')
      ]);
    if (this.isDisposed) {
      return;
    }
    this._loaded?.link.dispose();
    const link = new KernelLink(this._session, this._host, view);
    this._loaded = {
      Output: output.Output,
      components: OUTPUTS,
      link,
      host: {
        ...this._host,
        kind: 'output',
        api: new ApiClient(link.transport),
        // An output shows what it holds, also where there is no server.
        connection: output.READY
      }
    };
  }

  /** Choices of the reader stay with the output when the notebook is saved. */
  private readonly _onProps = (change: Record<string, unknown>): void => {
    const model = this._model;
    const view = this._view;
    if (model && view) {
      const next = { ...view, props: { ...view.props, ...change } };
      model.setData({
        data: {
          ...model.data,
          [this._mimeType]: JSON.parse(
            JSON.stringify(next)
          ) as ReadonlyPartialJSONObject
        }
      });
    }
  };

  private _model: IRenderMime.IMimeModel | null = null;
  private _view: IView | null | undefined;
  private _loaded: ILoaded | null = null;
}
