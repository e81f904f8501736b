import * as React from 'react';
import { Icon } from '../components/Icon';
import { useTrans } from '../host';
import type { IGridLead, IGridSelection } from '../table/types';
import type { IShownRuns } from './charts/useShownRuns';
import { NAME } from './columns';

/** More runs are not told apart by colours. */
const MOST_COLORS = 24;

/** In front of each run: chosen or not, and whether the pictures show it. */
export function useLead(
  chosen: IGridSelection,
  shown: IShownRuns | undefined,
  allLabel: string
): IGridLead {
  const trans = useTrans();
  return React.useMemo(
    () => ({
      width: shown ? 66 : 36,
      head: (
        <input
          type="checkbox"
          className="jp-mlnb-RunLead-box"
          tabIndex={-1}
          aria-label={allLabel}
          checked={false}
          onChange={() => chosen.all?.()}
        />
      ),
      cell: (row, index) => {
        const name = String(row.cells[NAME] ?? row.id);
        if (row.id.startsWith('more:')) {
          return null;
        }
        const place = shown?.place(row.id);
        const isRun = NAME in row.cells;
        return (
          <>
            <input
              type="checkbox"
              className="jp-mlnb-RunLead-box"
              tabIndex={-1}
              aria-label={trans.__('Choose %1', name)}
              checked={chosen.has(row.id)}
              onClick={event => chosen.toggle(index, row, event.shiftKey)}
              onChange={() => undefined}
            />
            {shown && isRun && (
              <button
                type="button"
                className={`jp-mlnb-RunLead-eye${place === undefined ? ' jp-mod-off' : ''}`}
                tabIndex={-1}
                aria-pressed={place !== undefined}
                aria-label={trans.__('Show %1 in the pictures', name)}
                title={
                  place === undefined
                    ? trans.__('Show in the pictures (h)')
                    : trans.__('Hide in the pictures (h)')
                }
                onClick={() => shown.toggle(row.id)}
              >
                {place === undefined ? (
                  <Icon name="eyeOff" />
                ) : shown.ids.length > MOST_COLORS ? (
                  <Icon name="eye" />
                ) : (
                  <span
                    className="jp-mlnb-RunLead-swatch"
                    style={{
                      background: `var(--jp-mlnb-series-${(place % 8) + 1})`
                    }}
                  />
                )}
              </button>
            )}
          </>
        );
      }
    }),
    [chosen, shown, trans, allLabel]
  );
}
