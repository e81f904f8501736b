import * as React from 'react';
import { formatAddress } from '../address';
import type { IRun } from '../api/types';
import { Button } from '../components/Button';
import { EmptyState } from '../components/EmptyState';
import { Icon } from '../components/Icon';
import { Section } from '../components/Page';
import { formatBytes } from '../format';
import { useHost, useTrans } from '../host';

/** The name in `models:/main.ml.flights/3`; null for a model that is logged but not registered. */
export function registeredName(uri: string): string | null {
  return /^models:\/([^/@]+)[/@]/.exec(uri)?.[1] ?? null;
}

/** The files a run left, and the models made of them. */
export function ArtifactsTab({ run }: { run: IRun }): JSX.Element {
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
        <Section title={trans.__('Models')}>
          {run.models.map(model => (
            <ModelLine key={model.uri} name={model.name} uri={model.uri} />
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
