import { useEffect, useRef, useState } from 'react';
import type { MutableRefObject } from 'react';
import { formatAddress } from '../address';
import type { ITreeNode } from '../api/types';
import { useHost } from '../host';
import { importFiles } from '../import/upload';
import { fullName } from './useTree';

/**
 * Files dropped on a row go into its schema: the import page opens with them.
 *
 * @returns the row that would take what is dragged over it
 */
export function useFileDrop(
  frame: MutableRefObject<HTMLDivElement | null>,
  containerOf: (id: string) => ITreeNode | undefined
): string | null {
  const host = useHost();
  const [dropId, setDropId] = useState<string | null>(null);
  const find = useRef(containerOf);
  find.current = containerOf;
  useEffect(() => {
    const node = frame.current;
    if (!node || !host.dropFiles) {
      return;
    }
    const containerAt = (target: Element | null): ITreeNode | undefined => {
      const row = target?.closest<HTMLElement>('[data-id]');
      return row ? find.current(row.dataset.id ?? '') : undefined;
    };
    return host.dropFiles(node, {
      over: target => {
        const container = containerAt(target);
        setDropId(container?.address ?? null);
        return container !== undefined;
      },
      drop: (target, dropped) => {
        const container = containerAt(target);
        setDropId(null);
        if (!container) {
          return;
        }
        const name = fullName(container);
        const to = container.kind === 'catalog' ? `${name}.default` : name;
        void importFiles(host, dropped).then(source => {
          if (source) {
            host.open(formatAddress('import', source, { query: { to } }));
          }
        });
      }
    });
  }, [host, frame]);
  return dropId;
}
