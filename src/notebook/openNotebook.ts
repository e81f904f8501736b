/** Opening a notebook at one of its cells; loaded with the first one that is opened. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig, PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { NotebookOpened } from '../tokens';

/** Folders of people, which the server's own folder is written relative to as `~`. */
const HOME =
  /^(\/home\/[^/]+|\/Users\/[^/]+|\/root|[A-Za-z]:\/Users\/[^/]+)(?=\/)/;

/** The path below the server's folder of what a kernel knows by its whole path; null when it is elsewhere. */
export function contentsPath(path: string, serverRoot: string): string | null {
  const file = path.replace(/\\/g, '/');
  if (!/^(\/|[A-Za-z]:\/)/.test(file)) {
    return file;
  }
  const home = HOME.exec(file)?.[1] ?? '~';
  const root = serverRoot
    .replace(/\\/g, '/')
    .replace(/^~(?=\/|$)/, home)
    .replace(/\/+$/, '');
  const relative = PathExt.relative(root || '/', file);
  return relative.startsWith('..') ? null : relative;
}

export async function openNotebook(
  app: JupyterFrontEnd,
  path: string,
  cellId?: string
): Promise<NotebookOpened> {
  const local = contentsPath(path, PageConfig.getOption('serverRoot'));
  if (local === null) {
    return 'missing';
  }
  try {
    await app.serviceManager.contents.get(local, { content: false });
  } catch {
    return 'missing';
  }
  // Where each page is an application of its own, another tab is opened and nothing comes back.
  const panel = (await app.commands.execute('docmanager:open', {
    path: local
  })) as NotebookPanel | undefined;
  if (!panel?.context || !cellId) {
    return 'notebook';
  }
  await panel.context.ready;
  await panel.revealed;
  const at = panel.content.widgets.findIndex(cell => cell.model.id === cellId);
  if (at < 0) {
    return 'notebook';
  }
  panel.content.activeCellIndex = at;
  await panel.content.scrollToItem(at, 'center');
  return 'cell';
}

/** `reports/a.ipynb`, or `reports/a (2).ipynb` when the first is taken. */
function numbered(path: string, number: number): string {
  const stem = path.replace(/\.ipynb$/i, '');
  return number === 1 ? `${stem}.ipynb` : `${stem} (${number}).ipynb`;
}

/** Write a notebook under a name that is still free, never over another, and open it. */
export async function saveNotebook(
  app: JupyterFrontEnd,
  content: unknown,
  path: string
): Promise<string> {
  const { contents } = app.serviceManager;
  const local = contentsPath(path, PageConfig.getOption('serverRoot')) ?? path;
  const folder = PathExt.dirname(local);
  const listing = await contents.get(folder, { content: true });
  const taken = new Set(
    (listing.content as { name: string }[]).map(one => one.name)
  );
  let number = 1;
  while (taken.has(PathExt.basename(numbered(local, number)))) {
    number += 1;
  }
  const free = numbered(local, number);
  await contents.save(free, { type: 'notebook', format: 'json', content });
  await app.commands.execute('docmanager:open', { path: free });
  return free;
}
