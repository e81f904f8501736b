import type { IFile } from '../api/transport';

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
