import * as React from 'react';
import { useHost } from '../host';

/** Text in Markdown, rendered and sanitised by the host; until then, and where it fails, as written. */
export function Markdown({ source }: { source: string }): JSX.Element {
  const host = useHost();
  const node = React.useRef<HTMLDivElement>(null);
  const [done, setDone] = React.useState('');
  React.useEffect(() => {
    let current = true;
    void host.markdown(source).then(
      rendered => {
        if (current && node.current) {
          node.current.replaceChildren(rendered);
          setDone(source);
        }
      },
      () => undefined
    );
    return () => {
      current = false;
    };
  }, [host, source]);
  return (
    <>
      {done !== source && <span className="jp-mlnb-Markdown">{source}</span>}
      <div
        ref={node}
        className="jp-mlnb-Markdown"
        hidden={done !== source}
        dir="auto"
      />
    </>
  );
}
