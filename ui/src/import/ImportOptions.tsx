import * as React from 'react';
import type { IIngestOptions } from '../api/types.ingest';
import { Popover } from '../components/Popover';
import { Select } from '../components/Select';
import { useTrans } from '../host';

/** How the files are written, where that was not found out rightly; and what may be wrong in them. */
export function ImportOptions(props: {
  options: IIngestOptions;
  onOptions: (change: Partial<IIngestOptions>) => void;
}): JSX.Element {
  const trans = useTrans();
  const { options, onOptions } = props;
  const auto = { value: '', label: trans.__('Found out') };
  const text = (
    label: string,
    key: 'date_format' | 'encoding',
    placeholder: string
  ): JSX.Element => (
    <label className="jp-mlnb-Field">
      {label}
      <input
        className="jp-mlnb-Select"
        type="text"
        spellCheck={false}
        placeholder={placeholder}
        value={options[key] ?? ''}
        onChange={event =>
          onOptions({ [key]: event.target.value || undefined })
        }
      />
    </label>
  );
  return (
    <Popover label={trans.__('Options')} icon="filter">
      <div className="jp-mlnb-Import-options">
        <Select
          label={trans.__('Format')}
          value={options.format ?? ''}
          options={[
            auto,
            { value: 'csv', label: trans.__('CSV') },
            { value: 'json', label: trans.__('JSON') },
            { value: 'jsonl', label: trans.__('JSON lines') },
            { value: 'parquet', label: trans.__('Parquet') }
          ]}
          onChange={format => onOptions({ format: format || undefined })}
        />
        <Select
          label={trans.__('Delimiter')}
          value={options.delimiter ?? ''}
          options={[
            auto,
            { value: ',', label: trans.__('Comma') },
            { value: ';', label: trans.__('Semicolon') },
            { value: '\t', label: trans.__('Tab') },
            { value: '|', label: trans.__('Bar') }
          ]}
          onChange={delimiter =>
            onOptions({ delimiter: delimiter || undefined })
          }
        />
        <Select
          label={trans.__('First line')}
          value={options.header === undefined ? '' : String(options.header)}
          options={[
            auto,
            { value: 'true', label: trans.__('Names of columns') },
            { value: 'false', label: trans.__('Data') }
          ]}
          onChange={header =>
            onOptions({ header: header ? header === 'true' : undefined })
          }
        />
        {text(trans.__('Dates'), 'date_format', trans.__('dd/MM/yyyy'))}
        {text(trans.__('Encoding'), 'encoding', trans.__('utf-8'))}
        <Select
          label={trans.__('Lines that may be rejected')}
          value={String(options.max_rejects ?? 0.1)}
          options={[
            { value: '0', label: trans.__('None') },
            { value: '0.01', label: trans.__('1 in 100') },
            { value: '0.1', label: trans.__('1 in 10') },
            { value: '1', label: trans.__('All') }
          ]}
          onChange={share => onOptions({ max_rejects: Number(share) })}
        />
        <label className="jp-mlnb-Import-check">
          <input
            type="checkbox"
            checked={options.merge_schema ?? false}
            onChange={event =>
              onOptions({ merge_schema: event.target.checked || undefined })
            }
          />
          {trans.__('Add new columns to the table')}
        </label>
        <label className="jp-mlnb-Import-check">
          <input
            type="checkbox"
            checked={options.force ?? false}
            onChange={event =>
              onOptions({ force: event.target.checked || undefined })
            }
          />
          {trans.__('Load files again that were loaded before')}
        </label>
      </div>
    </Popover>
  );
}
