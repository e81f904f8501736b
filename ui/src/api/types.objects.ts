/** Shapes of volumes and functions. */
import type { ITag } from './types.tables';

export interface IVolume {
  name: string;
  full_name: string;
  volume_type: string;
  storage_location: string;
  path: string;
  owner: string;
  comment?: string;
  created_at: number;
  updated_at: number;
}

export interface IVolumeEntry {
  name: string;
  path: string;
  is_directory: boolean;
  size?: number;
  modified?: number;
}

export interface IVolumeListing {
  volume: IVolume;
  path: string;
  entries: IVolumeEntry[];
}

export interface IParameter {
  name: string;
  type_text: string;
  position: number;
  default?: string;
  comment?: string;
}

export interface IFunction {
  name: string;
  full_name: string;
  language: string;
  owner: string;
  comment?: string;
  parameters: IParameter[];
  return_type: string;
  return_columns?: IParameter[];
  body: string;
  body_hash: string;
  pip_requirements: string[];
  properties?: Record<string, string>;
  created_at: number;
  updated_at: number;
  signature: string;
  badge?: string;
  tags: ITag[];
}
