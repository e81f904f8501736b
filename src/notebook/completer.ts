import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import type {
  CompletionHandler,
  ICompletionContext,
  ICompletionProvider
} from '@jupyterlab/completer';
import { NotebookPanel } from '@jupyterlab/notebook';
import { IMlnbHost } from '../tokens';

/** Cells that the server completes: SQL, and the options of our magics. */
const OURS =
  /^\s*%%?(sql|ingest|table|mlrun|register|promote|serve|monitor|scope|run|eda|profile)\b/;
const SQL = /^\s*%%sql\b/;

const EMPTY: CompletionHandler.ICompletionItemsReply = {
  start: 0,
  end: 0,
  items: []
};

/** Completes SQL and magics. The server is asked, so that a busy kernel stands in nobody's way. */
export class SqlCompletions implements ICompletionProvider {
  constructor(private readonly _host: IMlnbHost) {}

  readonly identifier = 'mlnb:completions';
  /** Before those of the kernel, which sees a magic as Python. */
  readonly rank = 1100;
  readonly renderer = null;

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    const { connection } = this._host;
    return (
      connection.current.kind === 'ready' &&
      OURS.test(context.editor?.model.sharedModel.getSource() ?? '')
    );
  }

  /** Positions are counted in code points, here as there. */
  async fetch(
    request: CompletionHandler.IRequest,
    context: ICompletionContext
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const { widget } = context;
    try {
      const answer = await this._host.api.workspace.complete({
        language: SQL.test(request.text) ? 'sql' : 'magic',
        text: request.text,
        cursor: request.offset,
        notebook_path:
          widget instanceof NotebookPanel ? widget.context.path : undefined
      });
      return {
        start: answer.start,
        end: answer.end,
        items: answer.items.map(item => ({
          label: item.text,
          insertText: item.text,
          type: item.type,
          documentation: item.doc
        }))
      };
    } catch {
      // Typing goes on: a completion that fails is none.
      return EMPTY;
    }
  }

  /** A dot leads from a schema to its tables. */
  shouldShowContinuousHint(
    isVisible: boolean,
    changed: { sourceChange?: readonly { insert?: string }[] }
  ): boolean {
    const typed = changed.sourceChange?.map(one => one.insert ?? '').join('');
    return !isVisible && typed === '.';
  }
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'mlnb:completer',
  description: 'Completes SQL and the magics of mlnb in notebooks.',
  autoStart: true,
  requires: [IMlnbHost],
  optional: [ICompletionProviderManager],
  activate: (
    _: JupyterFrontEnd,
    host: IMlnbHost,
    manager: ICompletionProviderManager | null
  ): void => {
    manager?.registerProvider(new SqlCompletions(host));
  }
};

export default plugin;
