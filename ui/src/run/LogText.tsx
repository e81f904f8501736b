import * as React from 'react';
import { useTrans } from '../host';

/** So near to the end it counts as its end. */
const NEAR = 32;

/** Colours and cursor moves of a terminal are left out; a line written over itself shows its last state. */
export function plainLog(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
      .replace(/\r+\n/g, '\n')
      .replace(/[^\n]*\r(?!\n)/g, '')
  );
}

/** The text of a log, scrolled to what came last unless somebody reads further up. */
export function LogText(props: {
  /** The run's name. */
  name: string;
  text: string;
  follow: boolean;
  onFollow: (follow: boolean) => void;
}): JSX.Element {
  const { name, text, follow, onFollow } = props;
  const trans = useTrans();
  const node = React.useRef<HTMLPreElement>(null);
  React.useLayoutEffect(() => {
    if (follow && node.current) {
      node.current.scrollTop = node.current.scrollHeight;
    }
  }, [text, follow]);
  return (
    <pre
      ref={node}
      className="jp-mlnb-Log"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={trans.__('Log of %1', name)}
      onScroll={event => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        onFollow(scrollHeight - scrollTop - clientHeight < NEAR);
      }}
    >
      {text}
    </pre>
  );
}
