import * as React from 'react';
import { Button } from '../components/Button';
import { formatInteger } from '../format';
import { useHost } from '../host';
import {
  addToTray,
  compareAddress,
  diffAddress,
  MOST_COMPARED
} from '../compare/tray';
import {
  moveRuns,
  pinRuns,
  purgeRuns,
  restoreRuns,
  tagRuns,
  trashRuns
} from './runActions';
import type { ISelection } from './selection';

/** What can be done to the runs that are chosen. */
export function SelectionBar(props: {
  selection: ISelection;
  inTrash: boolean;
  allPinned: boolean;
  onAll: () => void;
}): JSX.Element {
  const { selection, inTrash } = props;
  const host = useHost();
  const { trans } = host;
  const { runs } = selection;
  const ids = runs.map(run => run.run_id);
  const leave = async (done: Promise<boolean>): Promise<void> => {
    if (await done) {
      selection.clear();
    }
  };
  return (
    <div
      className="jp-mlnb-SelectionBar"
      role="toolbar"
      aria-label={trans.__('Chosen runs')}
    >
      <span className="jp-mlnb-SelectionBar-count" role="status">
        {trans._n(
          '%2 run chosen',
          '%2 runs chosen',
          runs.length,
          formatInteger(runs.length)
        )}
      </span>
      {inTrash ? (
        <>
          <Button
            label={trans.__('Restore')}
            icon="history"
            onClick={() => void leave(restoreRuns(host, runs))}
          />
          <Button
            label={trans.__('Remove for good…')}
            icon="trash"
            kind="warn"
            onClick={() => void leave(purgeRuns(host, runs))}
          />
        </>
      ) : (
        <>
          <Button
            label={trans.__('Compare')}
            icon="compare"
            disabled={runs.length < 2 || runs.length > MOST_COMPARED}
            title={
              runs.length > MOST_COMPARED
                ? trans.__('At most %1 runs can be compared.', MOST_COMPARED)
                : undefined
            }
            onClick={() => host.open(compareAddress(ids))}
          />
          <Button
            label={trans.__('Diff')}
            icon="swap"
            disabled={runs.length !== 2}
            title={trans.__('What differs between two runs')}
            onClick={() => host.open(diffAddress(ids[0], ids[1]))}
          />
          <Button
            label={trans.__('Add to tray')}
            icon="plus"
            title={trans.__('Lay aside to compare (c)')}
            onClick={() => void addToTray(host, runs)}
          />
          <Button
            label={props.allPinned ? trans.__('Unpin') : trans.__('Pin')}
            icon="pin"
            onClick={() => void pinRuns(host, runs, !props.allPinned)}
          />
          {host.ask && (
            <>
              <Button
                label={trans.__('Tag…')}
                icon="tag"
                onClick={() => void tagRuns(host, runs)}
              />
              <Button
                label={trans.__('Move…')}
                icon="folderMove"
                onClick={() => void leave(moveRuns(host, runs))}
              />
            </>
          )}
          <Button
            label={trans.__('Trash')}
            icon="trash"
            onClick={() => void leave(trashRuns(host, runs))}
          />
        </>
      )}
      <span className="jp-mlnb-Bar-space" />
      <Button
        label={trans.__('Choose all')}
        kind="link"
        onClick={props.onAll}
      />
      <Button
        label={trans.__('Choose none')}
        icon="close"
        iconOnly
        onClick={selection.clear}
      />
    </div>
  );
}
