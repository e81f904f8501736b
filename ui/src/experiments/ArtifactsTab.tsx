import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import { Section } from '../components/Page';
import { formatBytes } from '../format';
import { useHost, useTrans } from '../host';

/** The model's name of `models:/main.ml.flights/3`. */
function modelName(uri: string): string | null {
  return /^models:\/([^/@]+)/.exec(uri)?.[1] ?? null;
}

/** The files a run left, and the models made of them. */
export function ArtifactsTab({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const trans = useTrans();
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
        <Section title={trans.__('Registered models')}>
          {run.models.map(model => (
            <div key={model.uri}>
              <Button
                label={model.uri}
                icon="model"
                kind="link"
                onClick={() =>
                  host.open(
                    formatAddress('model', modelName(model.uri) ?? model.name)
                  )
                }
              />
            </div>
          ))}
        </Section>
      )}
      <Section title={trans.__('Files')}>
        <table className="jp-mlnb-Table" aria-label={trans.__('Files')}>
          <tbody>
            {run.artifacts.map(file => (
              <tr key={file.path}>
                <td>
                  <Icon name="file" className="jp-mlnb-Muted" />{' '}
                  <bdi className="jp-mlnb-Mono">{file.path}</bdi>
                </td>
                <td className="jp-mod-numeric">
                  {file.size !== undefined && formatBytes(file.size)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </>
  );
}
