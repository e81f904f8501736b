import type { IFile } from '../api/transport';
import type { Cell } from '../api/types';

/** Gives bytes to the reader as a file. */
export function saveFile(file: IFile): void {
  const url = URL.createObjectURL(file.data);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  // Some browsers read the address a moment later.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Gives a text to the reader as a file. */
export function saveText(name: string, type: string, text: string): void {
  saveFile({ name: fileName(name), data: new Blob([text], { type }) });
}

/** A name that every system takes, in any script. */
export function fileName(name: string): string {
  // eslint-disable-next-line no-control-regex
  return name.replace(/[\u0000-\u001f\u007f\\/:*?"<>|]+/g, '_').slice(-120);
}

/** Rows as CSV. A text that a spreadsheet would compute is given an apostrophe, as in files of the server. */
export function csvText(
  rows: readonly (readonly (Cell | undefined)[])[]
): string {
  const quoted = (value: Cell | undefined): string => {
    const text = String(value ?? '');
    const isFormula =
      typeof value === 'string' &&
      /^[=+\-@\t\r]/.test(text) &&
      isNaN(Number(text));
    return `"${(isFormula ? `'${text}` : text).replace(/"/g, '""')}"`;
  };
  return rows.map(row => row.map(quoted).join(',')).join('\n');
}
