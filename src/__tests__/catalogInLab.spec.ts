import type { ICompletionContext } from '@jupyterlab/completer';
import { MimeData } from '@lumino/coreutils';
import { dropFiles } from '../client/dragging';
import { SqlCompletions } from '../notebook/completer';
import type { IMlnbHost } from '../tokens';

function contextOf(source: string): ICompletionContext {
  return {
    widget: {},
    editor: { model: { sharedModel: { getSource: () => source } } }
  } as unknown as ICompletionContext;
}

function hostWith(complete: jest.Mock): IMlnbHost {
  return {
    connection: { current: { kind: 'ready' } },
    api: { workspace: { complete } }
  } as unknown as IMlnbHost;
}

describe('completion', () => {
  it('is for SQL and for our magics only', async () => {
    const provider = new SqlCompletions(hostWith(jest.fn()));
    const applies = (source: string): Promise<boolean> =>
      provider.isApplicable(contextOf(source));
    expect(await applies('%%sql\nSELECT 1')).toBe(true);
    expect(await applies('%ingest data/')).toBe(true);
    expect(await applies('import pandas')).toBe(false);
    expect(await applies('%%sqlite\n')).toBe(false);
  });

  it('sends and takes positions in code points, so that an emoji shifts nothing', async () => {
    const complete = jest.fn(async () => ({
      start: 13,
      end: 15,
      items: [{ text: 'cities', type: 'table', doc: '2 rows' }]
    }));
    const text = '%%sql\n-- 🛫 ci';
    const provider = new SqlCompletions(hostWith(complete));
    const reply = await provider.fetch({ text, offset: 12 }, contextOf(text));
    expect(complete).toHaveBeenCalledWith({
      language: 'sql',
      text,
      cursor: 12,
      notebook_path: undefined
    });
    expect(reply).toEqual({
      start: 13,
      end: 15,
      items: [
        {
          label: 'cities',
          insertText: 'cities',
          type: 'table',
          documentation: '2 rows'
        }
      ]
    });
  });

  it('is silent when the server does not answer', async () => {
    const provider = new SqlCompletions(
      hostWith(jest.fn(async () => Promise.reject(new Error('down'))))
    );
    const reply = await provider.fetch(
      { text: '%%sql\n', offset: 6 },
      contextOf('%%sql\n')
    );
    expect(reply.items).toEqual([]);
  });
});

describe('files dropped on a node', () => {
  function event(type: string, more: object): Event {
    return Object.assign(
      new Event(type, { bubbles: true, cancelable: true }),
      more
    );
  }

  it('come from the file browser as paths and from the desktop as files', () => {
    const node = document.createElement('div');
    const row = node.appendChild(document.createElement('span'));
    document.body.append(node);
    const over = jest.fn(() => true);
    const drop = jest.fn();
    const end = dropFiles(node, { over, drop });

    const mimeData = new MimeData();
    mimeData.setData('application/x-jupyter-icontents', ['data/a.csv']);
    const drag = event('lm-dragover', { mimeData, proposedAction: 'move' });
    row.dispatchEvent(drag);
    expect(over).toHaveBeenCalledWith(row);
    expect((drag as unknown as { dropAction: string }).dropAction).toBe('move');
    row.dispatchEvent(event('lm-drop', { mimeData }));
    expect(drop).toHaveBeenLastCalledWith(row, {
      paths: ['data/a.csv'],
      files: []
    });

    const file = new File(['x'], 'b.csv');
    const dataTransfer = { types: ['Files'], files: [file] };
    row.dispatchEvent(event('drop', { dataTransfer }));
    expect(drop).toHaveBeenLastCalledWith(row, { paths: [], files: [file] });

    const other = new MimeData();
    other.setData('text/plain', 'x');
    row.dispatchEvent(event('lm-drop', { mimeData: other }));
    end();
    row.dispatchEvent(event('drop', { dataTransfer }));
    expect(drop).toHaveBeenCalledTimes(2);
    node.remove();
  });
});
