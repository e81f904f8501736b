import * as React from 'react';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { SearchBox } from '../components/SearchBox';
import { useHost, useTrans } from '../host';
import type { IDroppedFiles } from '../host';
import { importFiles } from './upload';

/** Files of this computer, or a path that the server can read. */
export function ChooseSource(props: {
  onSource: (source: string) => void;
}): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const { onSource } = props;
  const frame = React.useRef<HTMLDivElement>(null);
  const input = React.useRef<HTMLInputElement>(null);
  const [path, setPath] = React.useState('');
  const [over, setOver] = React.useState(false);
  const [busy, setBusy] = React.useState(false);
  const take = React.useCallback(
    (dropped: IDroppedFiles): void => {
      setBusy(true);
      void importFiles(host, dropped).then(source => {
        setBusy(false);
        if (source) {
          onSource(source);
        }
      });
    },
    [host, onSource]
  );
  React.useEffect(() => {
    const node = frame.current;
    return node
      ? host.dropFiles?.(node, {
          over: target => {
            setOver(target !== null);
            return true;
          },
          drop: (_, dropped) => {
            setOver(false);
            take(dropped);
          }
        })
      : undefined;
  }, [host, take]);
  const submit = (): void => {
    if (path.trim()) {
      onSource(path.trim());
    }
  };
  return (
    <div className="jp-mlnb-Import-choose">
      <div
        ref={frame}
        className={`jp-mlnb-Import-drop${over ? ' jp-mod-over' : ''}`}
      >
        <Icon name="upload" />
        <p className="jp-mlnb-EmptyState-title">
          {trans.__('Drop files here')}
        </p>
        <p className="jp-mlnb-EmptyState-text">
          {trans.__(
            'CSV, JSON, JSON lines or Parquet, also compressed; several files of one kind become one table.'
          )}
        </p>
        <Button
          label={trans.__('Choose a file')}
          icon="file"
          kind="accept"
          busy={busy}
          onClick={() => input.current?.click()}
        />
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label={trans.__('Files to import')}
          accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,.parquet,.gz,.zst"
          onChange={event =>
            take({ paths: [], files: Array.from(event.target.files ?? []) })
          }
        />
      </div>
      <p className="jp-mlnb-Muted">
        {trans.__(
          'Or name what the server can read: a path below the notebook folder, a pattern, or a path in a volume.'
        )}
      </p>
      <div className="jp-mlnb-Bar jp-mod-plain">
        <SearchBox
          label={trans.__('data/*.csv or /Volumes/main/raw/files')}
          value={path}
          code
          onChange={setPath}
          onSubmit={submit}
        />
        <Button
          label={trans.__('Look at it')}
          disabled={!path.trim()}
          onClick={submit}
        />
      </div>
    </div>
  );
}
