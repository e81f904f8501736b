import * as React from 'react';
import { useHost, useTrans } from '../host';
import { Button } from '../components/Button';

/** A fence longer than any within the text. */
function fenced(source: string, language: string): string {
  const longest = Math.max(
    2,
    ...(source.match(/`+/g) ?? []).map(run => run.length)
  );
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${source.replace(/\n+$/, '')}\n${fence}`;
}

/** Source in the colours of the editor, by the host's renderer of Markdown; until then as it is. */
export function Source(props: {
  label: string;
  source: string;
  language?: string;
  /** Buttons above the text's right end, beside Copy. */
  actions?: React.ReactNode;
}): JSX.Element {
  const { label, source, language = 'python', actions } = props;
  const host = useHost();
  const trans = useTrans();
  const node = React.useRef<HTMLElement>(null);
  React.useEffect(() => {
    let current = true;
    void host.markdown(fenced(source, language)).then(
      rendered => {
        const code = rendered.querySelector('pre code');
        if (current && node.current && code) {
          node.current.replaceChildren(...code.cloneNode(true).childNodes);
        }
      },
      () => undefined
    );
    return () => {
      current = false;
    };
  }, [host, source, language]);
  return (
    <div className="jp-mlnb-Code jp-mlnb-Source">
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className="jp-RenderedHTMLCommon"
      >
        <code key={source} ref={node}>
          {source}
        </code>
      </pre>
      <div className="jp-mlnb-Source-actions">
        {actions}
        <Button
          label={trans.__('Copy')}
          icon="copy"
          iconOnly
          onClick={() => void host.copy(source)}
        />
      </div>
    </div>
  );
}
