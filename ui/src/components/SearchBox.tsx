import * as React from 'react';
import { useTrans } from '../host';
import { Button } from './Button';
import { Icon } from './Icon';

export interface ISearchBoxProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Marks the field and says what is wrong with it. */
  error?: string | null;
  icon?: 'search' | 'filter';
  /** Code is typed here: fixed-width, no spelling. */
  code?: boolean;
  onSubmit?: () => void;
}

export function SearchBox(props: ISearchBoxProps): JSX.Element {
  const trans = useTrans();
  const input = React.useRef<HTMLInputElement>(null);
  return (
    <div
      className={`jp-mlnb-SearchBox${props.error ? ' jp-mod-error' : ''}${props.code ? ' jp-mod-code' : ''}`}
    >
      <Icon name={props.icon ?? 'search'} />
      <input
        ref={input}
        type="text"
        role="searchbox"
        spellCheck={false}
        aria-label={props.label}
        aria-invalid={props.error ? true : undefined}
        placeholder={props.label}
        title={props.error ?? undefined}
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            props.onSubmit?.();
          } else if (event.key === 'Escape' && props.value) {
            event.stopPropagation();
            props.onChange('');
          }
        }}
      />
      {props.value && (
        <Button
          label={trans.__('Clear')}
          icon="close"
          iconOnly
          onClick={() => {
            props.onChange('');
            input.current?.focus();
          }}
        />
      )}
    </div>
  );
}
