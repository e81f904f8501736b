import type { EndpointState } from '../api/types.registry';
import type { Tone } from '../components/State';
import type { ITrans } from '../host';

/** An endpoint's state in words and colour. */
export function endpointState(
  state: EndpointState,
  trans: ITrans
): { tone: Tone; label: string } {
  switch (state) {
    case 'READY':
      return { tone: 'good', label: trans.__('Ready') };
    case 'NOT_READY':
      return { tone: 'busy', label: trans.__('Starting') };
    case 'FAILED':
      return { tone: 'bad', label: trans.__('Failed') };
    default:
      return { tone: 'idle', label: trans.__('Stopped') };
  }
}

/** The last part of `main.ml.flights`, and what stands before it. */
export function splitName(name: string): { place: string; last: string } {
  const at = name.lastIndexOf('.');
  return { place: name.slice(0, Math.max(at, 0)), last: name.slice(at + 1) };
}
