/** Dragging out of our lists, and files onto them: Lab's own drags and the desktop's. */
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';
import type {
  ICellSource,
  IDragPayload,
  IDroppedFiles,
  IFileDrop
} from '@mlnb/ui/lib/host';

const CELLS = 'application/vnd.jupyter.cells';
/** What the file browser drags: paths, relative to the server's root. */
const CONTENTS = 'application/x-jupyter-icontents';

/** A name where text is taken, cells where cells are. */
export function dragOut(event: PointerEvent, payload: IDragPayload): void {
  const mimeData = new MimeData();
  mimeData.setData('text/plain', payload.text);
  if (payload.cells.length > 0) {
    mimeData.setData(CELLS, payload.cells.map(cellOf));
  }
  const drag = new Drag({
    mimeData,
    dragImage: dragImage(payload.label),
    supportedActions: 'copy',
    proposedAction: 'copy'
  });
  void drag.start(event.clientX, event.clientY).then(() => drag.dispose());
}

function cellOf(cell: ICellSource): object {
  return cell.cell_type === 'code'
    ? { ...cell, metadata: {}, outputs: [], execution_count: null }
    : { ...cell, metadata: {} };
}

function dragImage(label: string): HTMLElement {
  const node = document.createElement('div');
  node.className = 'jp-mlnb-DragImage';
  node.textContent = label;
  return node;
}

function isFiles(event: DragEvent): boolean {
  return Array.from(event.dataTransfer?.types ?? []).includes('Files');
}

/** Let files be dropped on a node. */
export function dropFiles(node: HTMLElement, target: IFileDrop): () => void {
  const end = new AbortController();
  const listen = <E extends Event>(
    type: string,
    listener: (event: E) => void
  ): void =>
    node.addEventListener(type, listener as EventListener, {
      signal: end.signal,
      capture: true
    });
  const take = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  const dropOn = (event: Event, dropped: IDroppedFiles): void => {
    take(event);
    if (event.target instanceof Element) {
      target.drop(event.target, dropped);
    }
  };

  const overBrowser = (event: Drag.Event): void => {
    if (!event.mimeData.hasData(CONTENTS)) {
      return;
    }
    const accepted = target.over(event.target as Element);
    take(event);
    event.dropAction = accepted ? event.proposedAction : 'none';
  };
  listen<Drag.Event>('lm-dragenter', overBrowser);
  listen<Drag.Event>('lm-dragover', overBrowser);
  listen('lm-dragleave', () => target.over(null));
  listen<Drag.Event>('lm-drop', event => {
    if (event.mimeData.hasData(CONTENTS)) {
      const paths = event.mimeData.getData(CONTENTS) as string[];
      dropOn(event, { paths, files: [] });
    }
  });

  const overDesktop = (event: DragEvent): void => {
    if (isFiles(event) && event.dataTransfer) {
      const accepted = target.over(event.target as Element);
      take(event);
      event.dataTransfer.dropEffect = accepted ? 'copy' : 'none';
    }
  };
  listen<DragEvent>('dragenter', overDesktop);
  listen<DragEvent>('dragover', overDesktop);
  listen<DragEvent>('dragleave', event => {
    if (!node.contains(event.relatedTarget as Node | null)) {
      target.over(null);
    }
  });
  listen<DragEvent>('drop', event => {
    if (isFiles(event)) {
      const files = Array.from(event.dataTransfer?.files ?? []);
      dropOn(event, { paths: [], files });
    }
  });
  return () => end.abort();
}
