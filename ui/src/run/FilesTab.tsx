import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import { Section } from '../components/Page';
import { SearchBox } from '../components/SearchBox';
import { formatBytes } from '../format';
import { useHost, useTrans } from '../host';
import { folderOf, kindOf } from './artifactTree';
import type { IFolder } from './artifactTree';
import { ArtifactView } from './ArtifactView';
import { registeredName } from './RegisterForm';

export interface IFilesTabProps {
  run: IRun;
  /** The file shown. */
  path: string | undefined;
  onPath: (path: string | undefined) => void;
}

/** The models a run logged and the files it left: a tree on the left, the chosen file on the right. */
export function FilesTab(props: IFilesTabProps): JSX.Element {
  const { run, path, onPath } = props;
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const needle = text.trim().toLowerCase();
  const found = needle
    ? run.artifacts.filter(file => file.path.toLowerCase().includes(needle))
    : run.artifacts;
  const root = React.useMemo(() => folderOf(found), [found]);
  const file = run.artifacts.find(one => one.path === path);
  if (run.artifacts.length === 0 && run.models.length === 0) {
    return (
      <EmptyState
        icon="file"
        title={trans.__('No files')}
        text={trans.__(
          'Models, figures and files that a run logs are kept here.'
        )}
      />
    );
  }
  return (
    <>
      {run.models.length > 0 && (
        <Section title={trans.__('Models')}>
          {run.models.map(model => (
            <ModelLine key={model.uri} name={model.name} uri={model.uri} />
          ))}
        </Section>
      )}
      {run.artifacts.length > 0 && (
        <Section
          title={trans.__('Files')}
          aside={
            <span className="jp-mlnb-Muted">
              {trans._n('%1 file', '%1 files', root.count)} ·{' '}
              {formatBytes(root.bytes)}
            </span>
          }
        >
          <div className="jp-mlnb-Files">
            <nav className="jp-mlnb-Files-list" aria-label={trans.__('Files')}>
              {run.artifacts.length > 12 && (
                <SearchBox
                  label={trans.__('Find a file')}
                  value={text}
                  onChange={setText}
                />
              )}
              <Folder
                folder={root}
                level={0}
                isOpen={needle !== ''}
                chosen={path}
                onPath={onPath}
              />
            </nav>
            <div className="jp-mlnb-Files-shown">
              {file ? (
                <ArtifactView key={file.path} runId={run.run_id} file={file} />
              ) : (
                <EmptyState
                  icon="file"
                  title={
                    path === undefined
                      ? trans.__('Choose a file')
                      : trans.__('There is no file %1', path)
                  }
                  text={trans.__(
                    'Text, pictures, tables, pages and notebooks are shown here; everything can be downloaded.'
                  )}
                />
              )}
            </div>
          </div>
        </Section>
      )}
    </>
  );
}

interface IFolderProps {
  folder: IFolder;
  level: number;
  isOpen: boolean;
  chosen: string | undefined;
  onPath: (path: string) => void;
}

function Folder(props: IFolderProps): JSX.Element {
  const { folder, level, chosen, onPath } = props;
  const trans = useTrans();
  return (
    <ul>
      {folder.folders.map(one => (
        <Subfolder key={one.path} {...props} folder={one} />
      ))}
      {folder.files.map(file => {
        const name = file.path.split('/').pop() ?? file.path;
        const kind = kindOf(file.path);
        return (
          <li key={file.path}>
            <button
              type="button"
              className="jp-mlnb-Files-file"
              style={{ paddingInlineStart: 6 + level * 14 }}
              aria-current={file.path === chosen || undefined}
              title={trans.__('%1 in the run’s files', file.path)}
              onClick={() => onPath(file.path)}
            >
              <Icon
                name={
                  kind === 'image' || kind === 'svg'
                    ? 'chart'
                    : kind === 'table' || kind === 'parquet'
                      ? 'table'
                      : kind === 'notebook'
                        ? 'notebook'
                        : 'file'
                }
              />
              <bdi>{name}</bdi>
              {file.size !== undefined && (
                <small>{formatBytes(file.size)}</small>
              )}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Subfolder(props: IFolderProps): JSX.Element {
  const { folder, level, chosen, isOpen } = props;
  // Our own records are many and seldom looked at; what the user logged comes first.
  const [open, setOpen] = React.useState(
    folder.path !== 'mlnb' || chosen?.startsWith('mlnb/') === true
  );
  const shown = open || isOpen;
  return (
    <li>
      <button
        type="button"
        className="jp-mlnb-Files-file"
        style={{ paddingInlineStart: 6 + level * 14 }}
        aria-expanded={shown}
        onClick={() => setOpen(!open)}
      >
        <Icon name={shown ? 'caretDown' : 'caretRight'} />
        <bdi>{folder.name}</bdi>
        <small>{formatBytes(folder.bytes)}</small>
      </button>
      {shown && <Folder {...props} level={level + 1} />}
    </li>
  );
}

/** Leads to the registry where the model is registered; else its address can be copied. */
function ModelLine(props: { name: string; uri: string }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const { name, uri } = props;
  const registered = registeredName(uri);
  return registered ? (
    <div>
      <Button
        label={uri}
        icon="model"
        kind="link"
        onClick={() => host.open(formatAddress('model', registered))}
      />
    </div>
  ) : (
    <div className="jp-mlnb-ModelLine">
      <Icon name="model" className="jp-mlnb-Muted" />
      <bdi>{name}</bdi>
      <bdi className="jp-mlnb-Mono jp-mlnb-Muted">{uri}</bdi>
      <Button
        label={trans.__('Copy the address')}
        icon="copy"
        iconOnly
        onClick={() => void host.copy(uri)}
      />
    </div>
  );
}
