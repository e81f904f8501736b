import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { HostProvider } from '@mlnb/ui/lib/hooks/HostProvider';
import * as React from 'react';
import type { IMlnbHost } from '../tokens';

/**
 * A widget whose component is loaded when it is first seen.
 *
 * Until then it is an empty node: activation loads no component and makes no request. While it is
 * hidden, its component stays but its requests wait.
 */
export class LazyView<P extends object> extends ReactWidget {
  constructor(private readonly _options: LazyView.IOptions<P>) {
    super();
    this._props = _options.props;
    this.addClass('jp-mlnb-View');
    this.addClass(`jp-mod-${_options.kind}`);
  }

  get props(): P {
    return this._props;
  }

  set props(props: P) {
    this._props = props;
    this.update();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._seen();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._seen();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.update();
  }

  protected render(): React.ReactElement {
    if (this._loaded) {
      const { Provider, Component } = this._loaded;
      return (
        <Provider host={this._options.host} visible={this.isVisible}>
          <Component {...this._props} />
        </Provider>
      );
    }
    return this._failure ? (
      <p className="jp-mlnb-View-failure" role="alert">
        {this._failure}
      </p>
    ) : (
      <div className="jp-mlnb-Skeleton jp-mod-list" aria-busy="true" />
    );
  }

  private _seen(): void {
    if (this.isVisible && !this._loading) {
      this._loading = true;
      void this._load();
    }
    this.update();
  }

  private async _load(): Promise<void> {
    const { trans } = this._options.host;
    try {
      const [provider, Component] = await Promise.all([
        import('@mlnb/ui/lib/hooks/HostProvider'),
        this._options.load()
      ]);
      this._loaded = { Provider: provider.HostProvider, Component };
    } catch {
      this._loading = false;
      this._failure = trans.__(
        'This part of mlnb could not be loaded. Reload the page; after an upgrade, clear the browser cache.'
      );
    }
    if (!this.isDisposed) {
      this.update();
    }
  }

  private _props: P;
  private _loading = false;
  private _failure: string | null = null;
  private _loaded: {
    Provider: typeof HostProvider;
    Component: React.ComponentType<P>;
  } | null = null;
}

export namespace LazyView {
  export interface IOptions<P> {
    host: IMlnbHost;
    kind: 'section' | 'page';
    props: P;
    load: () => Promise<React.ComponentType<P>>;
  }
}
