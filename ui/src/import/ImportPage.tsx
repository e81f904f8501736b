import * as React from 'react';
import type { IDocumentProps } from '../document';
import { Page } from '../components/Page';
import { useHost, useTrans } from '../host';
import { formatAddress } from '../address';
import { ChooseSource } from './ChooseSource';
import { fileName, PlanView } from './PlanView';
import { RunView } from './RunView';
import { splitSources } from './upload';

/** The page that is open before files were chosen. */
const NEW = 'new';

/** Files become a table: chosen, looked at, loaded. */
export function ImportPage(props: IDocumentProps): JSX.Element {
  const { name, query, onQuery, onTitle } = props;
  const host = useHost();
  const trans = useTrans();
  const text = query.source ?? (name === NEW ? '' : name);
  const source = React.useMemo(() => splitSources(text), [text]);
  React.useEffect(() => {
    onTitle(
      source.length > 0
        ? trans.__('Import %1', fileName(source[0]))
        : trans.__('Import data')
    );
  }, [source, onTitle, trans]);
  const choose = React.useCallback(
    (next: string) => onQuery({ source: next, run: undefined }),
    [onQuery]
  );
  const other = (): void =>
    name === NEW
      ? onQuery({ source: undefined, run: undefined })
      : host.open(
          formatAddress('import', NEW, { query: { to: query.to ?? '' } })
        );
  if (query.run) {
    return (
      <RunView
        id={query.run}
        onAgain={() => onQuery({ run: undefined })}
        onOther={other}
      />
    );
  }
  if (source.length === 0) {
    return (
      <Page
        icon="upload"
        title={trans.__('Import data')}
        description={trans.__(
          'Files become a table with types found from all their rows; what does not fit is kept and shown.'
        )}
      >
        <div className="jp-mlnb-Scroll">
          <ChooseSource onSource={choose} />
        </div>
      </Page>
    );
  }
  return (
    <PlanView
      key={text}
      source={source}
      schema={query.to || 'main.default'}
      onStarted={run => onQuery({ run })}
      onOther={other}
    />
  );
}

export default ImportPage;
