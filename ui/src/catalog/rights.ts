/** What the reader may change, from what the server says; the server asks again when it is done. */
import type { IObjectInfo } from '../api/types.tables';

function holds(
  object: IObjectInfo | undefined,
  ...privileges: string[]
): boolean {
  return (
    object?.may.some(one =>
      ['ALL PRIVILEGES', 'MANAGE', ...privileges].includes(one)
    ) ?? false
  );
}

export function mayComment(object: IObjectInfo | undefined): boolean {
  return holds(object, 'MODIFY');
}

export function mayTag(object: IObjectInfo | undefined): boolean {
  return holds(object, 'APPLY TAG');
}

export function mayCertify(object: IObjectInfo | undefined): boolean {
  return holds(object, 'APPLY TAG');
}
