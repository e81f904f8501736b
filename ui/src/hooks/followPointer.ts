import type { PointerEvent as ReactPointerEvent } from 'react';

/** Follows a pressed pointer wherever it goes, until it is let go of. */
export function followPointer(
  event: ReactPointerEvent<Element>,
  moved: (event: PointerEvent) => void,
  done: () => void
): void {
  // Other buttons open menus.
  if (event.button > 0) {
    return;
  }
  const node = event.currentTarget;
  const move = (now: Event): void => moved(now as PointerEvent);
  node.setPointerCapture(event.pointerId);
  node.addEventListener('pointermove', move);
  node.addEventListener(
    'lostpointercapture',
    () => {
      node.removeEventListener('pointermove', move);
      done();
    },
    { once: true }
  );
}
