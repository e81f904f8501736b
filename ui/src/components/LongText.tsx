import * as React from 'react';
import { useTrans } from '../host';
import { Button } from './Button';

const LONG = 200;

/** A long value is cut, and shown whole when asked for. */
export function LongText({ text }: { text: string }): JSX.Element {
  const trans = useTrans();
  const [whole, setWhole] = React.useState(false);
  return text.length <= LONG || whole ? (
    <bdi>{text}</bdi>
  ) : (
    <>
      <bdi>{text.slice(0, LONG)}…</bdi>{' '}
      <Button
        label={trans.__('more')}
        kind="link"
        onClick={() => setWhole(true)}
      />
    </>
  );
}
