import * as React from 'react';
import { useInsert } from '../hooks/useInsert';
import { Button } from './Button';

/** Puts a cell into the visible notebook; nothing where no notebook can be reached. */
export function InsertButton(props: {
  label: string;
  source: string;
}): JSX.Element | null {
  const insert = useInsert();
  return insert ? (
    <Button
      label={props.label}
      icon="insert"
      kind="accept"
      onClick={() => insert({ cell_type: 'code', source: props.source })}
    />
  ) : null;
}
