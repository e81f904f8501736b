import * as React from 'react';
import type { ITableColumn } from '../api/types';
import type { FilterOperator, IColumnFilter } from '../api/types.tables';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { Popover } from '../components/Popover';
import { Select } from '../components/Select';
import { isNumericType, isTemporalType } from '../format';
import { useTrans } from '../host';
import type { ITrans } from '../host';

const COMPARING: readonly FilterOperator[] = ['=', '<>', '<', '<=', '>', '>='];
const MISSING: readonly FilterOperator[] = ['is_null', 'is_not_null'];
const WORDS: readonly FilterOperator[] = ['contains', 'starts_with', 'in'];

/** SQL's words, the same in every language. */
const BOOLEANS = ['true', 'false'].map(value => ({ value, label: value }));

/** What a column of a type can be asked, the usual question first. */
export function operatorsOf(type: string): readonly FilterOperator[] {
  if (/^string/i.test(type)) {
    return ['contains', 'starts_with', '=', '<>', 'in', ...MISSING];
  }
  if (isTemporalType(type)) {
    return ['>=', '<', '>', '<=', '=', '<>', ...MISSING];
  }
  if (/^boolean/i.test(type)) {
    return ['=', ...MISSING];
  }
  return isNumericType(type) ? [...COMPARING, 'in', ...MISSING] : MISSING;
}

export function operatorText(op: FilterOperator, trans: ITrans): string {
  switch (op) {
    case 'in':
      return trans.__('is one of');
    case 'contains':
      return trans.__('contains');
    case 'starts_with':
      return trans.__('starts with');
    case 'is_null':
      return trans.__('is missing');
    case 'is_not_null':
      return trans.__('is not missing');
    case '<>':
      return '≠';
    case '<=':
      return '≤';
    case '>=':
      return '≥';
    default:
      return op;
  }
}

function takesValue(op: FilterOperator): boolean {
  return !MISSING.includes(op);
}

/** Values separated by commas. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map(one => one.trim())
    .filter(Boolean);
}

export interface IConditionsProps {
  columns: readonly ITableColumn[];
  filters: readonly IColumnFilter[];
  onChange: (filters: readonly IColumnFilter[]) => void;
}

/** The conditions by column, each with a button that takes it away. */
export function ConditionChips(props: IConditionsProps): JSX.Element | null {
  const { filters, onChange } = props;
  const trans = useTrans();
  return filters.length === 0 ? null : (
    <ul className="jp-mlnb-Conditions" aria-label={trans.__('Conditions')}>
      {filters.map(one => {
        const text = [
          one.column,
          operatorText(one.op, trans),
          one.values?.join(', ') ?? one.value ?? ''
        ]
          .join(' ')
          .trim();
        return (
          <li key={one.column}>
            <bdi>{text}</bdi>
            <Button
              label={trans.__('Remove the condition %1', text)}
              icon="close"
              iconOnly
              onClick={() => onChange(filters.filter(other => other !== one))}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** Adds a condition to a column, or changes the one it has: there is one per column. */
export function ConditionEditor(props: IConditionsProps): JSX.Element {
  const { columns, filters } = props;
  const trans = useTrans();
  return (
    <Popover label={trans.__('Filter by column')} icon="filter">
      {close => (
        <EditorForm
          {...props}
          key={filters.length}
          columns={columns}
          onDone={close}
        />
      )}
    </Popover>
  );
}

function EditorForm(
  props: IConditionsProps & { onDone: () => void }
): JSX.Element {
  const { columns, filters, onChange, onDone } = props;
  const trans = useTrans();
  const [name, setName] = React.useState(columns[0]?.name ?? '');
  const column = columns.find(one => one.name === name) ?? columns[0];
  const type = column?.type_text ?? 'string';
  const known = filters.find(one => one.column === name);
  const operators = operatorsOf(type);
  const [chosen, setChosen] = React.useState<FilterOperator | null>(null);
  const [typed, setTyped] = React.useState<string | null>(null);
  const given = chosen ?? known?.op ?? operators[0];
  const op = operators.includes(given) ? given : operators[0];
  const value = typed ?? known?.values?.join(', ') ?? known?.value ?? '';
  const isBoolean = /^boolean/i.test(type);
  const complete = !takesValue(op) || isBoolean || value.trim() !== '';

  const apply = (event: React.FormEvent): void => {
    event.preventDefault();
    if (!complete || !column) {
      return;
    }
    const next: IColumnFilter = {
      column: column.name,
      op,
      ...(op === 'in'
        ? { values: listOf(value) }
        : takesValue(op)
          ? { value: isBoolean ? value || 'true' : value.trim() }
          : {})
    };
    onChange([...filters.filter(one => one.column !== column.name), next]);
    onDone();
  };
  return (
    <form className="jp-mlnb-ConditionEditor" onSubmit={apply}>
      <Select
        label={trans.__('Column')}
        value={name}
        options={columns.map(one => ({ value: one.name, label: one.name }))}
        onChange={next => {
          setName(next);
          setChosen(null);
          setTyped(null);
        }}
      />
      <Select
        label={trans.__('Condition')}
        value={op}
        options={operators.map(one => ({
          value: one,
          label: operatorText(one, trans)
        }))}
        onChange={next => setChosen(next as FilterOperator)}
      />
      {takesValue(op) &&
        (isBoolean ? (
          <Select
            label={trans.__('Value')}
            value={value || 'true'}
            options={BOOLEANS}
            onChange={setTyped}
          />
        ) : (
          <label className="jp-mlnb-Field">
            {trans.__('Value')}
            <input
              className="jp-mlnb-Input"
              autoFocus
              spellCheck={false}
              value={value}
              placeholder={placeholder(type, op, trans)}
              onChange={event => setTyped(event.target.value)}
            />
          </label>
        ))}
      <div className="jp-mlnb-ConditionEditor-actions">
        <button
          type="submit"
          className="jp-mlnb-Button jp-mod-accept"
          disabled={!complete}
        >
          <Icon name="check" />
          <span>{trans.__('Apply')}</span>
        </button>
        {known && (
          <Button
            label={trans.__('Remove')}
            onClick={() => {
              onChange(filters.filter(one => one !== known));
              onDone();
            }}
          />
        )}
      </div>
    </form>
  );
}

function placeholder(type: string, op: FilterOperator, trans: ITrans): string {
  if (op === 'in') {
    return trans.__('values, with commas');
  }
  if (WORDS.includes(op)) {
    return trans.__('text, large or small letters');
  }
  if (/^date/i.test(type)) {
    return '2024-05-01';
  }
  return isTemporalType(type) ? '2024-05-01 12:00' : '';
}
