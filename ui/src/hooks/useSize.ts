import { useLayoutEffect, useState } from 'react';
import type { RefObject } from 'react';

export interface ISize {
  width: number;
  height: number;
}

/** The inner size of an element, followed while it is mounted. */
export function useSize(ref: RefObject<HTMLElement>): ISize {
  const [size, setSize] = useState<ISize>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) {
      return;
    }
    const read = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize(old =>
        old.width === width && old.height === height ? old : { width, height }
      );
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}
