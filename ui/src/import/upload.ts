/** Files that were dropped or chosen, as a source that the server can read. */
import { ApiError } from '../api/errors';
import { formatPercent } from '../format';
import type { IDroppedFiles, IHost } from '../host';

/** Several paths in the one text of an address. */
const BETWEEN = '\n';

export function joinSources(paths: readonly string[]): string {
  return paths.join(BETWEEN);
}

export function splitSources(text: string): string[] {
  return text.split(BETWEEN).filter(Boolean);
}

/**
 * Bring files of the desktop to the server; those that are there already stay where they are.
 *
 * @returns the source for the import page, null when nothing came through
 */
export async function importFiles(
  host: IHost,
  dropped: IDroppedFiles
): Promise<string | null> {
  const { trans } = host;
  const paths = [...dropped.paths];
  if (dropped.files.length > 0) {
    const total = dropped.files.reduce((sum, file) => sum + file.size, 0);
    const notice = host.notify({
      kind: 'progress',
      message: trans.__('Uploading %1…', dropped.files[0].name)
    });
    let before = 0;
    try {
      for (const file of dropped.files) {
        paths.push(
          await host.api.ingest.upload(file, done => {
            const share = total > 0 ? (before + done) / total : 1;
            notice.update({
              kind: 'progress',
              message: trans.__(
                'Uploading %1… %2',
                file.name,
                formatPercent(share)
              )
            });
          })
        );
        before += file.size;
      }
      notice.dismiss();
    } catch (error) {
      notice.update({
        kind: 'error',
        message: (error as Error).message,
        hint: error instanceof ApiError ? error.hint : null
      });
      return null;
    }
  }
  return paths.length > 0 ? joinSources(paths) : null;
}
