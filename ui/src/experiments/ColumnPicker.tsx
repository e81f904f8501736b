import * as React from 'react';
import type { IRunColumn } from '../api/types';
import type { RunColumnKind } from '../api/types.runs';
import { Button } from '../components/Button';
import { Popover } from '../components/Popover';
import { SearchBox } from '../components/SearchBox';
import { Select } from '../components/Select';
import { formatInteger } from '../format';
import { useApi } from '../hooks/useApi';
import { useDebounced } from '../hooks/useDebounced';
import { useTrans } from '../host';
import { keyLabel } from './columns';
import { runColumnSearch } from './runsQueries';
import { shortKey } from './rows';

/** Among thousands of columns so many are listed; the field finds the others. */
const LISTED = 200;
const FILTER_MS = 150;

export interface IColumnPickerProps {
  experimentId: string;
  chosen: readonly string[];
  onChange: (keys: string[]) => void;
  /** Undefined while nothing was chosen yet. */
  onReset?: () => void;
}

/** Chooses the columns of the runs table: those shown, in their order, and any other by its name. */
export function ColumnPicker(props: IColumnPickerProps): JSX.Element {
  const trans = useTrans();
  return (
    <Popover label={trans.__('Columns')} icon="columns">
      <Picker {...props} />
    </Popover>
  );
}

function Picker(props: IColumnPickerProps): JSX.Element {
  const { chosen, onChange } = props;
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const [kind, setKind] = React.useState<RunColumnKind | ''>('');
  const sought = useDebounced(text.trim(), FILTER_MS);
  const { data } = useApi(
    runColumnSearch(props.experimentId, sought, kind || undefined),
    { keep: true }
  );
  const toggle = (key: string): void =>
    onChange(
      chosen.includes(key)
        ? chosen.filter(one => one !== key)
        : [...chosen, key]
    );
  const found = (data?.columns ?? []).filter(
    column => !chosen.includes(column.key)
  );
  return (
    <>
      <SearchBox
        label={trans.__('Find a metric, parameter or tag')}
        value={text}
        onChange={setText}
      />
      <div className="jp-mlnb-ColumnPicker-kinds">
        <Select
          label={trans.__('Kind')}
          value={kind}
          options={[
            { value: '', label: trans.__('All') },
            { value: 'metrics', label: trans.__('Metrics') },
            { value: 'params', label: trans.__('Parameters') },
            { value: 'tags', label: trans.__('Tags') },
            { value: 'attributes', label: trans.__('Attributes') }
          ]}
          onChange={value => setKind(value as RunColumnKind | '')}
        />
        {props.onReset && (
          <Button
            label={trans.__('Reset')}
            kind="link"
            title={trans.__('Show the columns most runs have')}
            onClick={props.onReset}
          />
        )}
      </div>
      <div className="jp-mlnb-ColumnPicker">
        {chosen.length > 0 && (
          <fieldset>
            <legend>{trans.__('Shown, in this order')}</legend>
            {chosen
              .filter(key => shortKey(key).includes(sought))
              .map(key => (
                <Chosen
                  key={key}
                  name={key}
                  chosen={chosen}
                  onChange={onChange}
                />
              ))}
          </fieldset>
        )}
        <Found
          columns={found}
          truncated={data?.truncated ?? false}
          onToggle={toggle}
        />
        {data && found.length === 0 && (
          <p>
            {sought
              ? trans.__('Nothing else is called so.')
              : trans.__('There are no others.')}
          </p>
        )}
      </div>
    </>
  );
}

/** A column that is shown: off, up, and for a metric which of its values. */
function Chosen(props: {
  name: string;
  chosen: readonly string[];
  onChange: (keys: string[]) => void;
}): JSX.Element {
  const { name, chosen, onChange } = props;
  const trans = useTrans();
  const at = chosen.indexOf(name);
  const label = keyLabel(name, trans);
  const [, metric, extreme] =
    /^(metrics\..*?)(?:@(min|max))?$/.exec(name) ?? [];
  const put = (key: string): void =>
    onChange(
      chosen
        .map(one => (one === name ? key : one))
        .filter((one, i, all) => all.indexOf(one) === i)
    );
  return (
    <div className="jp-mlnb-ColumnPicker-line">
      <label>
        <input
          type="checkbox"
          checked
          onChange={() => onChange(chosen.filter(one => one !== name))}
        />
        <bdi title={name}>{shortKey(metric ?? name)}</bdi>
      </label>
      {metric && (
        <select
          className="jp-mlnb-ColumnPicker-value"
          aria-label={trans.__('Value of %1', shortKey(metric))}
          value={extreme ?? ''}
          onChange={event =>
            put(event.target.value ? `${metric}@${event.target.value}` : metric)
          }
        >
          <option value="">{trans.__('latest')}</option>
          <option value="min">{trans.__('least')}</option>
          <option value="max">{trans.__('greatest')}</option>
        </select>
      )}
      <Button
        label={trans.__('Move %1 up', label)}
        icon="arrowUp"
        iconOnly
        disabled={at === 0}
        onClick={() => {
          const next = [...chosen];
          next.splice(at - 1, 0, ...next.splice(at, 1));
          onChange(next);
        }}
      />
    </div>
  );
}

function Found(props: {
  columns: readonly IRunColumn[];
  truncated: boolean;
  onToggle: (key: string) => void;
}): JSX.Element {
  const { columns } = props;
  const trans = useTrans();
  const groups = [
    { prefix: 'metrics.', title: trans.__('Metrics') },
    { prefix: 'params.', title: trans.__('Parameters') },
    { prefix: 'tags.', title: trans.__('Tags') },
    { prefix: 'attributes.', title: trans.__('Attributes') }
  ];
  const shown = columns.slice(0, LISTED);
  return (
    <>
      {groups.map(({ prefix, title }) => {
        const list = shown.filter(column => column.key.startsWith(prefix));
        return (
          list.length > 0 && (
            <fieldset key={prefix}>
              <legend>{title}</legend>
              {list.map(column => (
                <div key={column.key} className="jp-mlnb-ColumnPicker-line">
                  <label>
                    <input
                      type="checkbox"
                      checked={false}
                      onChange={() => props.onToggle(column.key)}
                    />
                    <bdi title={column.key}>{shortKey(column.key)}</bdi>
                    {column.runs > 0 && (
                      <small
                        title={trans._n(
                          'in %1 of the newest runs',
                          'in %1 of the newest runs',
                          column.runs
                        )}
                      >
                        {formatInteger(column.runs)}
                      </small>
                    )}
                  </label>
                </div>
              ))}
            </fieldset>
          )
        );
      })}
      {(props.truncated || columns.length > LISTED) && (
        <p>
          {trans.__('There are more: type a part of the name to find them.')}
        </p>
      )}
    </>
  );
}
