import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Drag } from '@lumino/dragdrop';

/** How long files are held over the panel's tab before it opens. */
const HOLD_MS = 500;
const PANEL = 'mlnb-catalog';
const CONTENTS = 'application/x-jupyter-icontents';

/**
 * Open the panel when files are held over its tab in the sidebar.
 *
 * File browser and catalog share one area: without this, nothing could be dragged from one to the other.
 */
export function openOnDrag(app: JupyterFrontEnd): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const entered = (target: EventTarget | null, isFiles: boolean): void => {
    if (target === document.body) {
      // What no element takes is offered to the page as a whole, once more.
      return;
    }
    clearTimeout(timer);
    const tab =
      isFiles && target instanceof Element
        ? target.closest(`.jp-SideBar [data-id="${PANEL}"]`)
        : null;
    if (tab) {
      timer = setTimeout(() => app.shell.activateById(PANEL), HOLD_MS);
    }
  };
  document.addEventListener('lm-dragenter', event => {
    const drag = event as unknown as Drag.Event;
    entered(event.target, drag.mimeData.hasData(CONTENTS));
  });
  document.addEventListener('dragenter', event =>
    entered(
      event.target,
      Array.from(event.dataTransfer?.types ?? []).includes('Files')
    )
  );
  for (const end of ['lm-drop', 'drop', 'dragend']) {
    document.addEventListener(end, () => clearTimeout(timer));
  }
}
