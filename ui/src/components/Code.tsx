import * as React from 'react';
import { useHost, useTrans } from '../host';
import { Button } from './Button';

/** Source as it is, with a button that copies it. */
export function Code(props: { label: string; source: string }): JSX.Element {
  const host = useHost();
  const trans = useTrans();
  return (
    <div className="jp-mlnb-Code">
      <pre tabIndex={0} role="region" aria-label={props.label}>
        <code>{props.source}</code>
      </pre>
      <Button
        label={trans.__('Copy')}
        icon="copy"
        iconOnly
        onClick={() => void host.copy(props.source)}
      />
    </div>
  );
}

/** The first line of a text that says anything: what names a cell. */
export function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find(line => line.trim() !== '')
      ?.trim() ?? ''
  );
}
