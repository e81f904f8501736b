/** The files of a run as a tree of folders. */
import type { IRunArtifact } from '../api/types.runs';

export interface IFolder {
  name: string;
  path: string;
  folders: IFolder[];
  files: IRunArtifact[];
  /** Of everything in it. */
  bytes: number;
  count: number;
}

export function folderOf(files: readonly IRunArtifact[]): IFolder {
  const root = folder('', '');
  for (const file of [...files].sort((a, b) => compare(a.path, b.path))) {
    let place = root;
    const parts = file.path.split('/');
    note(place, file);
    for (const [i, name] of parts.slice(0, -1).entries()) {
      let next = place.folders.find(one => one.name === name);
      if (!next) {
        next = folder(name, parts.slice(0, i + 1).join('/'));
        place.folders.push(next);
      }
      place = next;
      note(place, file);
    }
    place.files.push(file);
  }
  return root;
}

function folder(name: string, path: string): IFolder {
  return { name, path, folders: [], files: [], bytes: 0, count: 0 };
}

function note(place: IFolder, file: IRunArtifact): void {
  place.bytes += file.size ?? 0;
  place.count += 1;
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}

export type FileKind =
  | 'image'
  | 'svg'
  | 'html'
  | 'markdown'
  | 'table'
  | 'parquet'
  | 'notebook'
  | 'json'
  | 'text'
  | 'binary';

const KINDS: readonly [RegExp, FileKind][] = [
  [/\.(png|jpe?g|gif|webp|bmp|ico)$/i, 'image'],
  [/\.svg$/i, 'svg'],
  [/\.html?$/i, 'html'],
  [/\.(md|markdown)$/i, 'markdown'],
  [/\.(csv|tsv)$/i, 'table'],
  [/\.parquet$/i, 'parquet'],
  [/\.ipynb$/i, 'notebook'],
  [/\.json$/i, 'json'],
  [
    /\.(txt|log|py|r|sql|ya?ml|toml|cfg|ini|jsonl|ndjson|xml|diff|patch|lock|sh|js|ts|css|env|properties|rst|tex)$/i,
    'text'
  ],
  // Files of models that have no ending.
  [
    /(^|\/)(MLmodel|requirements|conda|LICENSE|README|Dockerfile|Makefile)$/i,
    'text'
  ],
  [
    /\.(pkl|pickle|joblib|skops|cloudpickle|bin|pt|pth|onnx|h5|keras|npy|npz|zip|gz|tar|xz|whl|feather|arrow|pdf|mp4|safetensors)$/i,
    'binary'
  ]
];

/** How a file is shown, by its name; what is not known is tried as text. */
export function kindOf(path: string): FileKind {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'text';
}
