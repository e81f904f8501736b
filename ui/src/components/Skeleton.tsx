import * as React from 'react';
import { useTrans } from '../host';

export interface ISkeletonProps {
  rows?: number;
  /** Rows of a list, a table's lines, or a page with its header. */
  kind?: 'list' | 'grid' | 'page';
}

/** The outline of what is being fetched. */
export function Skeleton({
  rows = 5,
  kind = 'list'
}: ISkeletonProps): JSX.Element {
  const trans = useTrans();
  return (
    <div
      className={`jp-mlnb-Skeleton jp-mod-${kind}`}
      role="status"
      aria-busy="true"
      aria-label={trans.__('Loading')}
    >
      {kind === 'page' && <div className="jp-mlnb-Skeleton-title" />}
      {Array.from({ length: rows }, (_, i) => (
        // Uneven widths look like text; the pattern repeats and never jumps.
        <div
          key={i}
          className="jp-mlnb-Skeleton-row"
          style={{ width: `${92 - ((i * 37) % 41)}%` }}
        />
      ))}
    </div>
  );
}
