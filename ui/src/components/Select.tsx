import * as React from 'react';

export interface ISelectProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

/** One of a few choices, its label in front. */
export function Select(props: ISelectProps): JSX.Element {
  return (
    <label className="jp-mlnb-Field">
      {props.label}
      <select
        className="jp-mlnb-Select"
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
      >
        {props.options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
