import * as React from 'react';
import type { IFieldViolation } from '../api/errors';
import { Icon } from '../components/Icon';
import type { IFieldSpec } from './fields';
import { classOf, listOf, numberOf } from './card';

/** Refusals that concern a part of the card. */
export function errorsOf(
  violations: readonly IFieldViolation[],
  path: string
): string {
  return violations
    .filter(
      one =>
        one.field === path ||
        one.field.startsWith(`${path}.`) ||
        one.field.startsWith(`${path}[`)
    )
    .map(one => one.description)
    .join('; ');
}

function textOf(value: unknown): string {
  return value === undefined || value === null
    ? ''
    : Array.isArray(value)
      ? value.join(', ')
      : String(value);
}

function read(spec: IFieldSpec, text: string): unknown {
  switch (spec.kind) {
    case 'number':
      return numberOf(text);
    case 'class':
      return classOf(text);
    case 'list':
      return listOf(text);
    default:
      return text.trim() === '' ? undefined : text;
  }
}

/** One field with its label, what it is for, and what is wrong with it. */
export function Field(props: {
  spec: IFieldSpec;
  value: unknown;
  error: string;
  onChange: (value: unknown) => void;
}): JSX.Element {
  const { spec, value, error, onChange } = props;
  const id = React.useId();
  const about = [spec.help && `${id}-help`, error && `${id}-error`]
    .filter(Boolean)
    .join(' ');
  const shared = {
    id,
    'aria-invalid': error ? true : undefined,
    'aria-describedby': about || undefined
  };
  return (
    <div className={`jp-mlnb-CardField${error ? ' jp-mod-error' : ''}`}>
      <label htmlFor={id}>{spec.label}</label>
      <div>
        {spec.kind === 'choice' ? (
          <select
            {...shared}
            className="jp-mlnb-Select"
            value={textOf(value)}
            onChange={event => onChange(read(spec, event.target.value))}
          >
            {spec.options?.map(one => (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            ))}
          </select>
        ) : spec.kind === 'flag' ? (
          <input
            {...shared}
            type="checkbox"
            checked={value === true}
            onChange={event => onChange(event.target.checked || undefined)}
          />
        ) : (
          <TextInput
            {...shared}
            spec={spec}
            value={value}
            onChange={onChange}
          />
        )}
        {spec.help && (
          <p id={`${id}-help`} className="jp-mlnb-Muted">
            {spec.help}
          </p>
        )}
        {error && (
          <p
            id={`${id}-error`}
            className="jp-mlnb-CardField-error"
            role="alert"
          >
            <Icon name="error" />
            {error}
          </p>
        )}
      </div>
    </div>
  );
}

/** What is typed stays as it is typed; its meaning goes into the card. */
export function TextInput(props: {
  spec: IFieldSpec;
  value: unknown;
  onChange: (value: unknown) => void;
  id?: string;
  label?: string;
  'aria-invalid'?: boolean;
  'aria-describedby'?: string;
}): JSX.Element {
  const { spec, value, onChange, label, ...rest } = props;
  const [text, setText] = React.useState(textOf(value));
  // A template, or another version, puts another value in.
  React.useEffect(() => {
    setText(old =>
      textOf(read(spec, old)) === textOf(value) ? old : textOf(value)
    );
  }, [spec, value]);
  const change = (next: string): void => {
    setText(next);
    onChange(read(spec, next));
  };
  return spec.kind === 'area' ? (
    <textarea
      {...rest}
      aria-label={label}
      className="jp-mlnb-CardInput"
      rows={2}
      value={text}
      placeholder={spec.example}
      onChange={event => change(event.target.value)}
    />
  ) : (
    <input
      {...rest}
      aria-label={label}
      className="jp-mlnb-CardInput"
      type={spec.kind === 'date' ? 'date' : 'text'}
      inputMode={spec.kind === 'number' ? 'decimal' : undefined}
      spellCheck={false}
      value={text}
      placeholder={spec.example}
      onChange={event => change(event.target.value)}
    />
  );
}
