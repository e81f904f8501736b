import * as React from 'react';
import type { IRun } from '../api/types';
import { Button } from '../components/Button';
import { ErrorView } from '../components/ErrorView';
import { SearchBox } from '../components/SearchBox';
import { Skeleton } from '../components/Skeleton';
import { formatBytes } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost } from '../host';
import { BackgroundCells } from './BackgroundCells';
import { LogText, plainLog } from './LogText';
import { backgroundQuery } from './queries';
import { isInBackground } from './RunHeader';
import { useLog } from './useLog';
import { useWhile } from './useWhile';

/** So much of a log is kept in the page; the whole of it is in the run's files. */
const KEPT = 512 * 1024;
const FOLLOW_MS = 1000;

/** What a run prints, while it prints it. */
export function LogTab({ run }: { run: IRun }): JSX.Element {
  return (
    <>
      {isInBackground(run) && <Progress run={run} />}
      <Log key={run.run_id} run={run} />
    </>
  );
}

/** The cells of a run in the background as they stand. */
function Progress({ run }: { run: IRun }): JSX.Element | null {
  const query = useApi(backgroundQuery(run.run_id));
  const { refetch, data } = query;
  const again = React.useCallback(() => void refetch(), [refetch]);
  // A run may have ended before its process has.
  const isOver = data?.state === 'ENDED';
  useWhile(data !== undefined && !isOver, again, FOLLOW_MS);
  return data ? <BackgroundCells cells={data.cells} isOver={isOver} /> : null;
}

function Log({ run }: { run: IRun }): JSX.Element {
  const host = useHost();
  const { trans } = host;
  const log = useLog(run.run_id, KEPT);
  const [sought, setSought] = React.useState('');
  const [follow, setFollow] = React.useState(true);
  const all = React.useMemo(() => plainLog(log.text ?? ''), [log.text]);
  const needle = sought.trim().toLowerCase();
  const shown = React.useMemo(
    () =>
      needle
        ? all
            .split('\n')
            .filter(line => line.toLowerCase().includes(needle))
            .join('\n')
        : all,
    [all, needle]
  );
  const nothing = needle
    ? trans.__('No line holds this.')
    : log.done
      ? trans.__('It printed nothing.')
      : trans.__('Nothing printed yet.');
  return (
    <div className="jp-mlnb-LogView">
      <div className="jp-mlnb-Bar jp-mlnb-LogView-bar">
        <SearchBox
          label={trans.__('Find lines')}
          value={sought}
          onChange={setSought}
        />
        <Button
          label={trans.__('Follow')}
          icon="arrowDown"
          pressed={follow}
          onClick={() => setFollow(!follow)}
        />
        <Button
          label={trans.__('Copy')}
          icon="copy"
          iconOnly
          onClick={() => void host.copy(shown)}
        />
        {log.total > 0 && (
          <span className="jp-mlnb-Bar-note">{formatBytes(log.total)}</span>
        )}
      </div>
      {log.error && <ErrorView error={log.error} onRetry={log.retry} />}
      {log.isCut && (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'The beginning is left out; the whole log is mlnb/stdout.log in Artifacts.'
          )}
        </p>
      )}
      {log.text !== null ? (
        <LogText
          name={run.name}
          text={shown || nothing}
          follow={follow}
          onFollow={setFollow}
        />
      ) : (
        !log.error && <Skeleton />
      )}
    </div>
  );
}
