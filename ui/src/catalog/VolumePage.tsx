import * as React from 'react';
import { formatAddress } from '../address';
import { filePath } from '../api/objects';
import type { IQuery } from '../api/queries';
import type { IVolumeEntry, IVolumeListing } from '../api/types.objects';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import { InsertButton } from '../components/InsertButton';
import { Page } from '../components/Page';
import { QueryView } from '../components/QueryView';
import { RelativeTime } from '../components/Time';
import type { IDocumentProps } from '../document';
import { formatBytes } from '../format';
import { useAction, useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { cellFor } from './objectCells';

function volumeQuery(name: string, folder: string): IQuery<IVolumeListing> {
  return {
    key: ['volume', name, folder],
    subjects: [`volume:${name}`],
    fetch: (api, signal) => api.objects.volume(name, folder, signal)
  };
}

/** The files of a volume: looked through, brought in, taken out. */
export function VolumePage(props: IDocumentProps): JSX.Element {
  const { name, query, onQuery } = props;
  const folder = query.path ?? '';
  const listing = useApi(volumeQuery(name, folder), { keep: true });
  return (
    <QueryView query={listing}>
      {data => (
        <Listing
          data={data}
          refresh={() => void listing.refetch()}
          onFolder={path => onQuery({ path: path || undefined })}
        />
      )}
    </QueryView>
  );
}

interface IListingProps {
  data: IVolumeListing;
  refresh: () => void;
  onFolder: (path: string) => void;
}

function Listing(props: IListingProps): JSX.Element {
  const { data, refresh, onFolder } = props;
  const host = useHost();
  const trans = useTrans();
  const { volume } = data;
  const input = React.useRef<HTMLInputElement>(null);
  const frame = React.useRef<HTMLDivElement>(null);
  const [over, setOver] = React.useState(false);
  const upload = useUpload(data, refresh);
  const { mutate } = upload;
  React.useEffect(() => {
    const node = frame.current;
    return node
      ? host.dropFiles?.(node, {
          over: target => {
            setOver(target !== null);
            return true;
          },
          drop: (_, { files }) => {
            setOver(false);
            mutate(files);
          }
        })
      : undefined;
  }, [host, mutate]);
  const newFolder = async (): Promise<void> => {
    const name = await host.ask?.({
      title: trans.__('New folder'),
      label: trans.__('Name'),
      action: trans.__('Create')
    });
    if (name) {
      make.mutate(name);
    }
  };
  const make = useAction(
    (api, name: string) => api.objects.makeDirectory(`${data.path}/${name}`),
    refresh
  );
  const cell = cellFor({ kind: 'volume', name: volume.full_name });
  return (
    <Page
      icon="volume"
      title={volume.name}
      place={volume.full_name.split('.').slice(0, -1).join(' / ')}
      description={volume.comment}
      actions={
        <>
          {cell && (
            <InsertButton
              label={trans.__('Insert cell')}
              source={cell.source}
            />
          )}
          <Button
            label={trans.__('New folder')}
            icon="plus"
            onClick={() => void newFolder()}
          />
          <Button
            label={trans.__('Upload')}
            icon="upload"
            busy={upload.isPending}
            onClick={() => input.current?.click()}
          />
          <input
            ref={input}
            type="file"
            multiple
            hidden
            aria-label={trans.__('Files to upload')}
            onChange={event => mutate(Array.from(event.target.files ?? []))}
          />
        </>
      }
    >
      <Trail data={data} onFolder={onFolder} />
      <div
        ref={frame}
        className={`jp-mlnb-Scroll${over ? ' jp-mod-over' : ''}`}
      >
        {data.entries.length === 0 ? (
          <EmptyState
            icon="volume"
            title={trans.__('No files here')}
            text={trans.__(
              'Drop files here, or write them from a notebook: the volume is a folder.'
            )}
          />
        ) : (
          <Files data={data} refresh={refresh} onFolder={onFolder} />
        )}
      </div>
    </Page>
  );
}

function useUpload(data: IVolumeListing, refresh: () => void) {
  const host = useHost();
  const { trans } = host;
  const seen = new Set(data.entries.map(entry => entry.name));
  return useAction(async (api, files: readonly File[]) => {
    const there = files.filter(file => seen.has(file.name));
    if (
      there.length > 0 &&
      !(await host.confirm({
        title: trans.__('Replace %1?', there.map(one => one.name).join(', ')),
        body: trans.__('A file of that name is there. It cannot be restored.'),
        action: trans.__('Replace'),
        danger: true
      }))
    ) {
      return;
    }
    for (const file of files) {
      await api.objects.putFile(
        `${data.path}/${file.name}`,
        file,
        seen.has(file.name)
      );
    }
    refresh();
  });
}

/** Where the folder lies, each step of the way a button. */
function Trail(props: {
  data: IVolumeListing;
  onFolder: (path: string) => void;
}): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  const { volume, path } = props.data;
  const steps = path.slice(volume.path.length).split('/').filter(Boolean);
  return (
    <nav className="jp-mlnb-Bar" aria-label={trans.__('Folder')}>
      <span className="jp-mlnb-Volume-trail">
        <button
          type="button"
          className="jp-mlnb-Button jp-mod-link"
          onClick={() => props.onFolder('')}
        >
          <bdi>{volume.path}</bdi>
        </button>
        {steps.map((step, index) => (
          <React.Fragment key={index}>
            <Icon name="caretRight" />
            <button
              type="button"
              className="jp-mlnb-Button jp-mod-link"
              aria-current={index === steps.length - 1 ? 'page' : undefined}
              onClick={() =>
                props.onFolder(
                  [volume.path, ...steps.slice(0, index + 1)].join('/')
                )
              }
            >
              <bdi>{step}</bdi>
            </button>
          </React.Fragment>
        ))}
      </span>
      <Button
        label={trans.__('Copy path')}
        icon="copy"
        iconOnly
        onClick={() => void host.copy(path)}
      />
    </nav>
  );
}

function Files(props: IListingProps): JSX.Element {
  const trans = useTrans();
  return (
    <table
      className="jp-mlnb-Table jp-mlnb-Volume-files"
      aria-label={trans.__('Files')}
    >
      <thead>
        <tr>
          <th scope="col">{trans.__('Name')}</th>
          <th scope="col" className="jp-mod-numeric">
            {trans.__('Size')}
          </th>
          <th scope="col">{trans.__('Changed')}</th>
          <th scope="col">
            <span className="jp-mlnb-Hidden">{trans.__('Actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {props.data.entries.map(entry => (
          <File key={entry.path} entry={entry} {...props} />
        ))}
      </tbody>
    </table>
  );
}

const TABULAR = /\.(csv|tsv|json|jsonl|ndjson|parquet)(\.(gz|zst))?$/i;

function File(props: IListingProps & { entry: IVolumeEntry }): JSX.Element {
  const { entry, refresh, onFolder } = props;
  const host = useHost();
  const trans = useTrans();
  const remove = useAction(
    api =>
      entry.is_directory
        ? api.objects.deleteDirectory(entry.path)
        : api.objects.deleteFile(entry.path),
    refresh
  );
  const ask = async (): Promise<void> => {
    const sure = await host.confirm({
      title: trans.__('Delete %1?', entry.name),
      body: entry.is_directory
        ? trans.__('Only an empty folder can be deleted.')
        : trans.__('Files of a volume cannot be restored.'),
      action: trans.__('Delete'),
      danger: true
    });
    if (sure) {
      remove.mutate(undefined);
    }
  };
  const open = (): void =>
    host.open(
      formatAddress('import', entry.path, {
        query: {
          to: props.data.volume.full_name.split('.').slice(0, 2).join('.')
        }
      })
    );
  return (
    <tr>
      <td>
        <span className="jp-mlnb-Volume-name">
          <Icon name={entry.is_directory ? 'schema' : 'file'} />
          {entry.is_directory ? (
            <button
              type="button"
              className="jp-mlnb-Button jp-mod-link"
              onClick={() => onFolder(entry.path)}
            >
              <bdi>{entry.name}</bdi>
            </button>
          ) : (
            <bdi>{entry.name}</bdi>
          )}
        </span>
      </td>
      <td className="jp-mod-numeric">
        {entry.size === undefined ? '' : formatBytes(entry.size)}
      </td>
      <td>
        {entry.modified !== undefined && <RelativeTime time={entry.modified} />}
      </td>
      <td className="jp-mlnb-Volume-actions">
        {!entry.is_directory && TABULAR.test(entry.name) && (
          <Button
            label={trans.__('Import %1 into a table', entry.name)}
            icon="table"
            iconOnly
            onClick={open}
          />
        )}
        {!entry.is_directory && host.downloadUrl && (
          <a
            className="jp-mlnb-Button jp-mod-icon"
            href={host.downloadUrl(filePath(entry.path))}
            download={entry.name}
            aria-label={trans.__('Download %1', entry.name)}
            title={trans.__('Download %1', entry.name)}
          >
            <Icon name="download" />
          </a>
        )}
        <Button
          label={trans.__('Copy the path of %1', entry.name)}
          icon="copy"
          iconOnly
          onClick={() => void host.copy(entry.path)}
        />
        <Button
          label={trans.__('Delete %1', entry.name)}
          icon="trash"
          iconOnly
          busy={remove.isPending}
          onClick={() => void ask()}
        />
      </td>
    </tr>
  );
}

export default VolumePage;
