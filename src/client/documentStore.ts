import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { WidgetTracker } from '@jupyterlab/apputils';
import { DisposableDelegate } from '@lumino/disposable';
import type { IDisposable } from '@lumino/disposable';
import { TabPanel } from '@lumino/widgets';
import { formatAddress, objectOf, parseAddress } from '@mlnb/ui/lib/address';
import type { IAddress } from '@mlnb/ui/lib/address';
import type { IDocumentProps } from '@mlnb/ui/lib/document';
import type { IDocumentFactory, IMlnbDocuments, IMlnbHost } from '../tokens';
import { LazyView } from './lazyView';

/** A page in the main area; its address follows what is looked at. */
export class Document extends MainAreaWidget<LazyView<IDocumentProps>> {
  constructor(
    public address: IAddress,
    content: LazyView<IDocumentProps>
  ) {
    super({ content });
    this.id = objectOf(address);
    this.addClass('jp-mlnb-Document');
    this.toolbar.hide();
  }

  get text(): string {
    const { kind, name, part, query } = this.address;
    return formatAddress(kind, name, { part, query });
  }
}

/** The open pages by address, and the factories that make them. */
export class Documents implements IMlnbDocuments {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _host: IMlnbHost,
    private readonly _tracker: WidgetTracker<Document>,
    private readonly _area: string
  ) {}

  /** Told of every page a person opens; not of those that a layout brings back. */
  onOpen?: (address: IAddress) => void;

  get current(): string | null {
    const document = this._tracker.currentWidget;
    return document && document === this._app.shell.currentWidget
      ? document.text
      : null;
  }

  register(kind: string, factory: IDocumentFactory): IDisposable {
    this._factories.set(kind, factory);
    return new DisposableDelegate(() => {
      this._factories.delete(kind);
    });
  }

  async open(
    text: string,
    options: { activate?: boolean } = {}
  ): Promise<void> {
    const { trans } = this._host;
    const address = parseAddress(text);
    const factory = address && this._factories.get(address.kind);
    if (!address || !factory) {
      throw new Error(trans.__('Nothing here opens the address “%1”.', text));
    }
    const id = objectOf(address);
    let document = this._tracker.find(one => one.id === id);
    if (!document) {
      document = this._create(address, factory);
      // The place is taken before any code of the page is loaded, so that a restored layout holds.
      this._app.shell.add(document, this._area, {
        activate: options.activate ?? true
      });
      void this._tracker.add(document);
    } else if (Object.keys(address.query).length > 0) {
      this._look(document, address.query);
    }
    if (options.activate ?? true) {
      this._app.shell.activateById(id);
      toFront(document);
      this.onOpen?.(address);
    }
  }

  private _create(address: IAddress, factory: IDocumentFactory): Document {
    const { name, part, query } = address;
    const content = new LazyView<IDocumentProps>({
      host: this._host,
      kind: 'page',
      load: () => factory.load(),
      props: {
        name,
        part,
        query,
        onQuery: change => {
          const next = { ...document.address.query };
          for (const [key, value] of Object.entries(change)) {
            if (value === undefined) {
              delete next[key];
            } else {
              next[key] = value;
            }
          }
          this._look(document, next);
        },
        onTitle: label => {
          document.title.label = label;
        }
      }
    });
    const document = new Document(address, content);
    const { label, caption } = factory.title(address, this._host.trans);
    Object.assign(document.title, { label, caption, icon: factory.icon });
    return document;
  }

  private _look(document: Document, query: Record<string, string>): void {
    document.address = { ...document.address, query };
    document.content.props = { ...document.content.props, query };
    void this._tracker.save(document);
  }

  private _factories = new Map<string, IDocumentFactory>();
}

/** Chooses the page's tab: the shell of Notebook 7 activates nothing in the area below the notebook. */
function toFront(document: Document): void {
  for (let parent = document.parent; parent; parent = parent.parent) {
    if (parent instanceof TabPanel) {
      parent.currentWidget = document;
      document.activate();
    }
  }
}
