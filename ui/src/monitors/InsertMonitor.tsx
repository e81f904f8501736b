import * as React from 'react';
import { InsertButton } from '../components/InsertButton';
import { useTrans } from '../host';

const EXAMPLE = `# watch what an endpoint is asked and answers
%monitor endpoint flights --baseline main.ml.flights_baseline
# or any table with a time column
# %monitor create main.sales.orders --type timeseries --time ordered_at --every "1 day"`;

/** A cell that makes a monitor. */
export function InsertMonitor(): JSX.Element {
  const trans = useTrans();
  return (
    <InsertButton label={trans.__('Insert an example cell')} source={EXAMPLE} />
  );
}
