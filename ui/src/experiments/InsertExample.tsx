import * as React from 'react';
import { InsertButton } from '../components/InsertButton';
import { useTrans } from '../host';

const EXAMPLE = `%%mlrun --experiment first
import mlflow
mlflow.log_param("depth", 4)
mlflow.log_metric("auc", 0.75)`;

/** A cell that makes a run. */
export function InsertExample(): JSX.Element {
  const trans = useTrans();
  return (
    <InsertButton label={trans.__('Insert an example cell')} source={EXAMPLE} />
  );
}
