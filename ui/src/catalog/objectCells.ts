/** The code that uses an object of any kind, as it is put into a notebook. */
import type { NodeKind } from '../api/types';
import type { ICellSource } from '../host';
import { loadingCell, quoteName, variableOf } from './loading';
import type { InsertAs } from './loading';

export interface INamed {
  kind: NodeKind;
  name: string;
  /** A model's newest version: `v3`. */
  detail?: string;
}

const OPENING = 'import mlnb\n\nws = mlnb.workspace()\n';

/** `/Volumes/main/raw/files`, as Python and SQL take it. */
export function volumePath(name: string): string {
  return `/Volumes/${name.split('.').join('/')}`;
}

/** What other tools call the object: a dotted name, a path, a model's address. */
export function referenceOf(object: INamed): string {
  switch (object.kind) {
    case 'volume':
      return volumePath(object.name);
    case 'model':
      return `models:/${modelVersion(object)}`;
    default:
      return object.name;
  }
}

function modelVersion({ name, detail }: INamed): string {
  return `${name}/${detail?.replace(/^v/, '') || '1'}`;
}

export function cellFor(
  object: INamed,
  as: InsertAs = 'pandas'
): ICellSource | null {
  const { kind, name } = object;
  switch (kind) {
    case 'table':
    case 'view':
      return loadingCell(name, as);
    case 'volume':
      return code(
        `${OPENING}folder = ws.catalog.path(${JSON.stringify(volumePath(name))})\nsorted(folder.iterdir())`
      );
    case 'function':
      return code(`%%sql\nSELECT ${quoteName(name)}()`);
    case 'model':
      return code(
        `import mlflow\n${OPENING}${variableOf(name)} = mlflow.pyfunc.load_model(str(ws.models.local_path(${JSON.stringify(modelVersion(object))})))`
      );
    default:
      return null;
  }
}

/** Label rows with the features of a table, each as it was known at the row's time. */
export function trainingSetCell(name: string): ICellSource {
  return code(
    `from mlnb.features import FeatureLookup\n${OPENING}training_set = ws.features.create_training_set(\n    labels,  # a frame with the keys and the label\n    [FeatureLookup(${JSON.stringify(name)}, lookup_key=[])],\n    label="label",\n)\ntraining_set.load_df().head()`
  );
}

/** A monitor that compares each day of a table with what was before. */
export function monitorCell(name: string): ICellSource {
  return code(
    `# name the column that says when a row happened\n%monitor create ${quoteName(name)} --type timeseries --time TIME_COLUMN --every "1 day"`
  );
}

export function selectOf(name: string): string {
  return `SELECT *\nFROM ${quoteName(name)}\nLIMIT 100`;
}

function code(source: string): ICellSource {
  return { cell_type: 'code', source };
}
