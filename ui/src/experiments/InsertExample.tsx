import * as React from 'react';
import { Button } from '../components/Button';
import { useHost, useTrans } from '../host';

const EXAMPLE = `%%mlrun --experiment first
import mlflow
mlflow.log_param("depth", 4)
mlflow.log_metric("auc", 0.75)`;

/** Puts a cell that makes a run into the notebook; not there where no notebook can be reached. */
export function InsertExample(): JSX.Element | null {
  const host = useHost();
  const trans = useTrans();
  const { insert } = host;
  if (!insert) {
    return null;
  }
  const run = async (): Promise<void> => {
    if (!(await insert([{ cell_type: 'code', source: EXAMPLE }]))) {
      host.notify({
        kind: 'info',
        message: trans.__('No notebook is in view.'),
        hint: trans.__('Open one and try again.')
      });
    }
  };
  return (
    <Button
      label={trans.__('Insert an example cell')}
      icon="insert"
      kind="accept"
      onClick={() => void run()}
    />
  );
}
