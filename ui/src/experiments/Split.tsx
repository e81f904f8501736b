import * as React from 'react';
import { followPointer } from '../hooks/followPointer';
import { useSaved } from '../hooks/useSaved';

const LEAST = 15;
const MOST = 85;
const STEP = 5;

/** Two parts one above the other, and a bar between them that moves by pointer and keys. */
export function Split(props: {
  label: string;
  /** Under which the share of the first part is kept. */
  name: string;
  first: React.ReactNode;
  second: React.ReactNode;
}): JSX.Element {
  const frame = React.useRef<HTMLDivElement>(null);
  const [saved, setSaved] = useSaved<number>(props.name, 52);
  const [share, setShare] = React.useState<number | null>(null);
  const shown = share ?? saved;
  const clamp = (value: number): number =>
    Math.round(Math.max(LEAST, Math.min(value, MOST)));

  const onPointerDown = (event: React.PointerEvent<HTMLDivElement>): void => {
    const box = frame.current?.getBoundingClientRect();
    if (!box || box.height === 0) {
      return;
    }
    let last = shown;
    followPointer(
      event,
      moved => {
        last = clamp(((moved.clientY - box.top) / box.height) * 100);
        setShare(last);
      },
      () => {
        setShare(null);
        setSaved(last);
      }
    );
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const next = {
      ArrowUp: shown - STEP,
      ArrowDown: shown + STEP,
      Home: LEAST,
      End: MOST
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setSaved(clamp(next));
    }
  };
  return (
    <div ref={frame} className="jp-mlnb-Split">
      <div className="jp-mlnb-Split-part" style={{ flex: `${shown} 1 0` }}>
        {props.first}
      </div>
      <div
        className="jp-mlnb-Split-bar"
        role="separator"
        aria-orientation="horizontal"
        aria-label={props.label}
        aria-valuenow={shown}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        onPointerDown={onPointerDown}
        onKeyDown={onKeyDown}
      />
      <div
        className="jp-mlnb-Split-part"
        style={{ flex: `${100 - shown} 1 0` }}
      >
        {props.second}
      </div>
    </div>
  );
}
