import { ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { HostProvider } from '@mlnb/ui/lib/hooks/HostProvider';
import { GoTo } from '@mlnb/ui/lib/catalog/GoTo';
import * as React from 'react';
import type { IMlnbHost } from '../tokens';

/** The field above everything; where the focus was, it returns when nothing was opened. */
class GoToWidget extends ReactWidget {
  constructor(
    private readonly _host: IMlnbHost,
    private readonly _query: string | undefined
  ) {
    super();
    this.id = 'mlnb-go-to';
    this.addClass('jp-mlnb-GoTo-frame');
    this.addClass('jp-mlnb-View');
  }

  protected override onAfterAttach(message: never): void {
    super.onAfterAttach(message);
    this.node.addEventListener('pointerdown', this);
  }

  protected override onBeforeDetach(message: never): void {
    this.node.removeEventListener('pointerdown', this);
    super.onBeforeDetach(message);
  }

  /** A click beside the pane closes it. */
  handleEvent(event: Event): void {
    if (event.target === this.node) {
      this._close();
    }
  }

  protected render(): React.ReactElement {
    return (
      <HostProvider host={this._host}>
        <GoTo
          query={this._query}
          onClose={() => this._close()}
          onOpen={address => {
            this._before = null;
            this._close();
            this._host.open(address);
          }}
        />
      </HostProvider>
    );
  }

  private _close(): void {
    this.dispose();
    this._before?.focus();
  }

  private _before = document.activeElement as HTMLElement | null;
}

let shown: GoToWidget | null = null;

export function showGoTo(host: IMlnbHost, query?: string): void {
  shown?.dispose();
  shown = new GoToWidget(host, query);
  Widget.attach(shown, document.body);
}
