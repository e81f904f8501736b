import * as React from 'react';
import { Button } from './Button';
import type { IconName } from './Icon';

export interface IPopoverProps {
  label: string;
  icon?: IconName;
  /** The button shows its icon alone; its label is read and shown as tooltip. */
  iconOnly?: boolean;
  /** The pane; a function is given what closes it. */
  children: React.ReactNode | ((close: () => void) => React.ReactNode);
}

/** A button that opens a small pane below itself; Escape or a click elsewhere closes it. */
export function Popover(props: IPopoverProps): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const root = React.useRef<HTMLDivElement>(null);

  React.useEffect(() => {
    if (!open) {
      return;
    }
    const onPointerDown = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', onPointerDown, true);
    return () =>
      document.removeEventListener('pointerdown', onPointerDown, true);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (open && event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
  };
  return (
    <div ref={root} className="jp-mlnb-Popover" onKeyDown={onKeyDown}>
      <Button
        label={props.label}
        icon={props.icon}
        iconOnly={props.iconOnly}
        pressed={open}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <div
          className="jp-mlnb-Popover-pane"
          role="dialog"
          aria-label={props.label}
        >
          {typeof props.children === 'function'
            ? props.children(close)
            : props.children}
        </div>
      )}
    </div>
  );
}
