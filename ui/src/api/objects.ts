import { path } from './transport';
import type { ITransport } from './transport';
import type { IFunction, IVolumeListing } from './types.objects';

/** Volumes with their files, and functions. */
export class ObjectsApi {
  constructor(private readonly _transport: ITransport) {}

  /** A folder of a volume; without a path its root. */
  volume(
    name: string,
    folder?: string,
    signal?: AbortSignal
  ): Promise<IVolumeListing> {
    return this._transport.request(path`api/1.0/volumes/${name}`, {
      query: { path: folder || undefined },
      signal
    });
  }

  function(name: string, signal?: AbortSignal): Promise<IFunction> {
    return this._transport.request(path`api/1.0/functions/${name}`, {
      signal
    });
  }

  /** `place` is a path such as `/Volumes/main/raw/files/a.csv`. */
  putFile(place: string, content: Blob, overwrite = false): Promise<void> {
    return this._transport.request(`api/2.0/fs/files${encoded(place)}`, {
      method: 'PUT',
      query: { overwrite: overwrite || undefined },
      body: content
    });
  }

  deleteFile(place: string): Promise<void> {
    return this._transport.request(`api/2.0/fs/files${encoded(place)}`, {
      method: 'DELETE'
    });
  }

  makeDirectory(place: string): Promise<void> {
    return this._transport.request(`api/2.0/fs/directories${encoded(place)}`, {
      method: 'PUT'
    });
  }

  deleteDirectory(place: string): Promise<void> {
    return this._transport.request(`api/2.0/fs/directories${encoded(place)}`, {
      method: 'DELETE'
    });
  }
}

/** Where a file of a volume can be downloaded, below the prefix `mlnb/`. */
export function filePath(place: string): string {
  return `api/2.0/fs/files${encoded(place)}`;
}

function encoded(place: string): string {
  return place.split('/').map(encodeURIComponent).join('/');
}
