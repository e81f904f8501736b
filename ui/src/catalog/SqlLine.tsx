import * as React from 'react';
import { Button } from '../components/Button';
import { useInsert } from '../hooks/useInsert';
import { useHost, useTrans } from '../host';
import { queryCell } from './loading';
import type { InsertAs } from './loading';

/** The query behind the rows in view: to be read, copied, or taken into the notebook. */
export function SqlLine(props: { name: string; sql: string }): JSX.Element {
  const { name, sql } = props;
  const host = useHost();
  const trans = useTrans();
  const insert = useInsert();
  return (
    <div className="jp-mlnb-SqlLine">
      <code tabIndex={0} role="region" aria-label={trans.__('Query')}>
        {sql.replace(/\n/g, ' ')}
      </code>
      <Button
        label={trans.__('Copy the query')}
        icon="copy"
        iconOnly
        onClick={() => void host.copy(sql)}
      />
      {insert && (
        <Button
          label={trans.__('Insert as cell')}
          icon="insert"
          onClick={() =>
            void host
              .preference<InsertAs>('catalog.insert_as', 'pandas')
              .then(as => insert(queryCell(name, sql, as)))
          }
        />
      )}
    </div>
  );
}
