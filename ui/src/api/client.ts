/**
 * The client: one method per endpoint, typed in and out, grouped as the door groups them.
 * Components never build addresses.
 */
import { CatalogApi } from './catalog';
import { JobsApi, MonitorsApi } from './monitors';
import { EndpointsApi, ModelsApi } from './registry';
import { ExperimentsApi } from './experiments';
import { ExploreApi } from './explore';
import { GridsApi } from './grids';
import { IngestApi } from './ingest';
import { ObjectsApi } from './objects';
import { RunsApi } from './runs';
import { HoldoutsApi, ScopesApi } from './scope';
import { TablesApi } from './tables';
import type { ITransport } from './transport';
import { WorkspaceApi } from './workspace';

/** Version of the server's interface this client was written for. */
export const API_VERSION = 1;

export class ApiClient {
  constructor(readonly transport: ITransport) {
    this.workspace = new WorkspaceApi(transport);
    this.catalog = new CatalogApi(transport);
    this.ingest = new IngestApi(transport);
    this.objects = new ObjectsApi(transport);
    this.tables = new TablesApi(transport);
    this.explore = new ExploreApi(transport);
    this.grids = new GridsApi(transport);
    this.scopes = new ScopesApi(transport);
    this.holdouts = new HoldoutsApi(transport);
    this.experiments = new ExperimentsApi(transport);
    this.runs = new RunsApi(transport);
    this.models = new ModelsApi(transport);
    this.endpoints = new EndpointsApi(transport);
    this.monitors = new MonitorsApi(transport);
    this.jobs = new JobsApi(transport);
  }

  readonly workspace: WorkspaceApi;
  readonly catalog: CatalogApi;
  readonly ingest: IngestApi;
  readonly objects: ObjectsApi;
  readonly tables: TablesApi;
  readonly explore: ExploreApi;
  readonly grids: GridsApi;
  readonly scopes: ScopesApi;
  readonly holdouts: HoldoutsApi;
  readonly experiments: ExperimentsApi;
  readonly runs: RunsApi;
  readonly models: ModelsApi;
  readonly endpoints: EndpointsApi;
  readonly monitors: MonitorsApi;
  readonly jobs: JobsApi;
}
