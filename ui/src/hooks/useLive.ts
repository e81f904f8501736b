import { createContext, useContext } from 'react';

/** Whether somebody answers for what is shown: an output's kernel may have gone, or not have been asked yet. */
export type Live = 'live' | 'asking' | 'gone';

/** Panels and pages are always live: the server answers. */
export const LiveContext = createContext<Live>('live');

export function useLive(): Live {
  return useContext(LiveContext);
}
