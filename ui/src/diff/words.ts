/** Words and tones of what changed. */
import type { Change } from '../api/types.compare';
import type { IStateProps } from '../components/State';
import type { ITrans } from '../host';

export function changeWord(change: Change, trans: ITrans): IStateProps {
  switch (change) {
    case 'added':
      return { tone: 'good', icon: 'plus', label: trans.__('added') };
    case 'removed':
      return { tone: 'bad', icon: 'minus', label: trans.__('removed') };
    case 'changed':
      return { tone: 'warn', icon: 'edit', label: trans.__('changed') };
    case 'moved':
      return { tone: 'accent', icon: 'swap', label: trans.__('moved') };
    default:
      return { tone: 'idle', icon: 'check', label: trans.__('the same') };
  }
}

/** A hash in its first letters; the rest tells nobody more. */
export function shortened(value: string): string {
  return value.replace(
    /^(?:\w+:)?([0-9a-f]{8})[0-9a-f]{24,}$/i,
    (_, first: string) => first
  );
}
