import * as React from 'react';
import { ApiError } from '../api/errors';
import type { IQuery } from '../api/queries';
import type { INotebookFile } from '../api/types.replay';
import type { IRunArtifact } from '../api/types.runs';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Markdown } from '../components/Markdown';
import { QueryView } from '../components/QueryView';
import { formatBytes, formatCell, formatInteger } from '../format';
import { saveFile } from '../grid/saveFile';
import { useAction, useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { kindOf } from './artifactTree';
import type { FileKind } from './artifactTree';
import { parseDelimited } from './delimited';
import { NotebookView } from './NotebookView';
import { Source } from './Source';

/** Larger files are downloaded, not shown. */
const MOST_BYTES = 5_000_000;
const MOST_ROWS = 200;
const HALF_READ = 100_000;

interface IViewed {
  text: string;
  /** As an address for pictures. */
  url: string;
}

function read(blob: Blob, how: 'text' | 'url'): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error());
    if (how === 'text') {
      reader.readAsText(blob);
    } else {
      reader.readAsDataURL(blob);
    }
  });
}

/** As the server sends pages: scripts only from the page itself and from where chart libraries lie, calls to nobody. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' data: blob: https://cdn.plot.ly https://cdn.jsdelivr.net https://cdn.bokeh.org",
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  'media-src data: blob:',
  "form-action 'none'",
  "base-uri 'none'"
].join('; ');

/** A page with the policy before anything else in it; a document type has to stay the first. */
export function confined(page: string): string {
  return page.replace(
    /^\s*(?:<!doctype[^>]*>)?/i,
    start =>
      `${start}<meta http-equiv="Content-Security-Policy" content="${POLICY}">`
  );
}

const PICTURES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  svg: 'image/svg+xml'
};

function fileQuery(
  runId: string,
  path: string,
  kind: FileKind
): IQuery<IViewed> {
  return {
    key: ['run', runId, 'file', path],
    // A run that goes on writes its files again.
    subjects: [`run:${runId}`],
    fetch: async api => {
      const { data } = await api.runs.artifact(runId, path, MOST_BYTES);
      if (kind !== 'image' && kind !== 'svg') {
        return { text: await read(data, 'text'), url: '' };
      }
      // The type follows from the name, whatever the server calls it: a page is never taken for a picture.
      const type = PICTURES[path.split('.').pop()?.toLowerCase() ?? ''];
      return { text: '', url: await read(new Blob([data], { type }), 'url') };
    }
  };
}

/** One file of a run, shown as what it is. */
export function ArtifactView(props: {
  runId: string;
  file: IRunArtifact;
}): JSX.Element {
  const { runId, file } = props;
  const trans = useTrans();
  const kind = kindOf(file.path);
  const tooLarge = (file.size ?? 0) > MOST_BYTES && kind !== 'parquet';
  return (
    <section className="jp-mlnb-File" aria-label={file.path}>
      <header className="jp-mlnb-File-head">
        <h3>
          <bdi>{file.path}</bdi>
        </h3>
        {file.size !== undefined && (
          <span className="jp-mlnb-Muted">{formatBytes(file.size)}</span>
        )}
        <Download runId={runId} path={file.path} />
      </header>
      {tooLarge || kind === 'binary' ? (
        <EmptyState
          icon="file"
          title={
            tooLarge
              ? trans.__('Too large to be shown')
              : trans.__('Not a file to be read')
          }
          text={
            tooLarge
              ? trans.__(
                  'Files up to %1 are shown here.',
                  formatBytes(MOST_BYTES)
                )
              : trans.__('It can be downloaded.')
          }
        />
      ) : kind === 'parquet' ? (
        <ParquetHead runId={runId} path={file.path} />
      ) : (
        <Content runId={runId} path={file.path} kind={kind} />
      )}
    </section>
  );
}

function Download(props: { runId: string; path: string }): JSX.Element {
  const { runId, path } = props;
  const trans = useTrans();
  const download = useAction(
    api => api.runs.download(runId, path),
    file => saveFile({ ...file, name: path.split('/').pop() ?? file.name })
  );
  return (
    <Button
      label={trans.__('Download')}
      icon="download"
      busy={download.isPending}
      onClick={() => download.mutate(undefined)}
    />
  );
}

function Content(props: {
  runId: string;
  path: string;
  kind: FileKind;
}): JSX.Element {
  const { runId, path, kind } = props;
  const trans = useTrans();
  const query = useApi(fileQuery(runId, path, kind));
  if (query.error instanceof ApiError && query.error.isNotFound) {
    return (
      <EmptyState
        icon="file"
        title={trans.__('The file is not there any more')}
        text={query.error.hint ?? undefined}
      />
    );
  }
  return (
    <QueryView query={query}>
      {viewed => <Shown path={path} kind={kind} viewed={viewed} />}
    </QueryView>
  );
}

function Shown(props: {
  path: string;
  kind: FileKind;
  viewed: IViewed;
}): JSX.Element {
  const { path, kind, viewed } = props;
  const trans = useTrans();
  const { text, url } = viewed;
  switch (kind) {
    case 'image':
    case 'svg':
      return <img className="jp-mlnb-File-picture" src={url} alt={path} />;
    case 'html':
      return (
        // Its scripts run in an origin of their own: nothing of Lab is within their reach.
        <iframe
          className="jp-mlnb-File-page"
          sandbox="allow-scripts"
          srcDoc={confined(text)}
          title={trans.__('Page %1', path)}
        />
      );
    case 'markdown':
      return <Markdown source={text} />;
    case 'table':
      return <Delimited path={path} text={text} />;
    case 'notebook':
      return <NotebookText path={path} text={text} />;
    default:
      return <Text path={path} text={kind === 'json' ? pretty(text) : text} />;
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const LANGUAGES: Record<string, string> = {
  py: 'python',
  json: 'json',
  jsonl: 'json',
  yml: 'yaml',
  yaml: 'yaml',
  mlmodel: 'yaml',
  sql: 'sql',
  toml: 'toml',
  diff: 'diff',
  patch: 'diff',
  sh: 'shell',
  js: 'javascript',
  xml: 'xml'
};

function Text(props: { path: string; text: string }): JSX.Element {
  const { path, text } = props;
  const trans = useTrans();
  const [whole, setWhole] = React.useState(false);
  if (text.slice(0, 8000).includes('\0')) {
    return <EmptyState icon="file" title={trans.__('Not a file to be read')} />;
  }
  const isLong = text.length > HALF_READ;
  const ending = path.split(/[./]/).pop()?.toLowerCase() ?? '';
  return (
    <>
      <Source
        label={path}
        source={isLong && !whole ? text.slice(0, HALF_READ) : text}
        language={LANGUAGES[ending] ?? ''}
      />
      {isLong && !whole && (
        <Button
          label={trans.__('Show all %1', formatBytes(text.length))}
          icon="caretDown"
          onClick={() => setWhole(true)}
        />
      )}
    </>
  );
}

function NotebookText(props: { path: string; text: string }): JSX.Element {
  const { path, text } = props;
  const notebook = React.useMemo(() => {
    try {
      const value = JSON.parse(text) as INotebookFile;
      return Array.isArray(value.cells) ? value : null;
    } catch {
      return null;
    }
  }, [text]);
  return notebook ? (
    <NotebookView notebook={notebook} />
  ) : (
    <Text path={path} text={text} />
  );
}

function Delimited(props: { path: string; text: string }): JSX.Element {
  const { path, text } = props;
  const separator = /\.tsv$/i.test(path) ? '\t' : ',';
  const [head = [], ...rows] = React.useMemo(
    () => parseDelimited(text, separator, MOST_ROWS + 2),
    [text, separator]
  );
  return (
    <Rows
      label={path}
      head={head}
      rows={rows.slice(0, MOST_ROWS)}
      note={rows.length > MOST_ROWS}
    />
  );
}

function Rows(props: {
  label: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** How many there are, or whether there are more. */
  note: number | boolean;
}): JSX.Element {
  const { label, head, rows, note } = props;
  const trans = useTrans();
  const isNumeric = head.map((_, i) =>
    rows.every(
      row => row[i] === undefined || row[i] === '' || !isNaN(Number(row[i]))
    )
  );
  return (
    <>
      <div
        className="jp-mlnb-File-table"
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <table className="jp-mlnb-Table" aria-label={label}>
          <thead>
            <tr>
              {head.map((name, i) => (
                <th
                  key={i}
                  scope="col"
                  className={isNumeric[i] ? 'jp-mod-numeric' : undefined}
                >
                  <bdi>{name}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                {head.map((_, j) => (
                  <td
                    key={j}
                    className={isNumeric[j] ? 'jp-mod-numeric' : undefined}
                  >
                    <bdi>{row[j]}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="jp-mlnb-Muted">
        {typeof note === 'number'
          ? trans.__(
              'The first %1 of %2 rows',
              formatInteger(rows.length),
              formatInteger(note)
            )
          : note
            ? trans.__('The first %1 rows', formatInteger(rows.length))
            : trans._n(
                '%2 row',
                '%2 rows',
                rows.length,
                formatInteger(rows.length)
              )}
      </p>
    </>
  );
}

/** The first rows of a Parquet file, read by the server: a browser has no reader for it. */
function ParquetHead(props: { runId: string; path: string }): JSX.Element {
  const { runId, path } = props;
  const query = useApi({
    key: ['run', runId, 'head', path],
    subjects: [`run:${runId}`],
    fetch: (api, signal) => api.runs.head(runId, path, MOST_ROWS, signal)
  });
  return (
    <QueryView query={query}>
      {page => (
        <Rows
          label={path}
          head={page.columns.map(column => column.key)}
          rows={page.ids.map((_, i) =>
            page.columns.map(column =>
              formatCell(column.values[i] ?? null, column.type)
            )
          )}
          note={page.total > page.ids.length ? page.total : false}
        />
      )}
    </QueryView>
  );
}
