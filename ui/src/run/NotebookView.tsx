import * as React from 'react';
import type { INotebookFile } from '../api/types.replay';
import { Markdown } from '../components/Markdown';
import { Tag } from '../components/State';
import { useTrans } from '../host';
import { Source } from './Source';

/** A notebook's cells, to be read. */
export function NotebookView(props: {
  notebook: INotebookFile;
  /** The id of a cell that stands out. */
  mark?: string;
}): JSX.Element {
  const { notebook, mark } = props;
  const trans = useTrans();
  return (
    <ol className="jp-mlnb-NotebookView" aria-label={trans.__('Cells')}>
      {notebook.cells.map((cell, i) => {
        const source = Array.isArray(cell.source)
          ? cell.source.join('')
          : cell.source;
        const isMarked = mark !== undefined && cell.id === mark;
        return (
          <li
            key={cell.id ?? i}
            className={isMarked ? 'jp-mod-run' : undefined}
          >
            {isMarked && (
              <Tag
                label={trans.__('the run’s cell')}
                icon="run"
                tone="accent"
              />
            )}
            {cell.cell_type === 'markdown' ? (
              <Markdown source={source} />
            ) : (
              <Source
                label={trans.__('Cell %1', i + 1)}
                source={source}
                language={cell.cell_type === 'code' ? 'python' : ''}
              />
            )}
          </li>
        );
      })}
    </ol>
  );
}
