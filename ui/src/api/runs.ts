import { path } from './transport';
import type { IFile, ITransport } from './transport';
import type { IColumnarPage, IRun } from './types';
import type { IGateReport } from './types.registry';
import type { IRunDiff, IRunsComparison } from './types.compare';
import type {
  ICardCheck,
  IEvaluationResult,
  IModelCard,
  IModelComparison,
  IModelComparisonQuery,
  IThreshold,
  IThresholdQuery
} from './types.evaluation';
import type {
  IBackgroundInfo,
  ILogPart,
  INotebookFile,
  INotebookRuns,
  IReplayOptions,
  IReplayReport,
  IRunSourceCode
} from './types.replay';
import type {
  IActionQuery,
  IActionReport,
  ICurveList,
  IFilterCheck,
  IFrameQuery,
  IPurgePlan,
  IRunBlock,
  IRunColumns,
  IRunFrame,
  IRunSearch,
  ISeriesQuery,
  IUsage,
  RunColumnKind
} from './types.runs';

/** Runs: found, drawn, compared, kept, repeated and judged. */
export class RunsApi {
  constructor(private readonly _transport: ITransport) {}

  // -- finding

  /** A block of runs by column; row ids are run ids. */
  query(search: IRunSearch, signal?: AbortSignal): Promise<IRunBlock> {
    return this._post(path`api/1.0/runs/query`, search, signal);
  }

  get(runId: string, signal?: AbortSignal): Promise<IRun> {
    return this._get(path`api/1.0/runs/${runId}`, undefined, signal);
  }

  /** Columns whose name holds `q`, the commonest first. */
  columns(
    experimentId: string,
    q?: string,
    kind?: RunColumnKind,
    signal?: AbortSignal
  ): Promise<IRunColumns> {
    return this._get(
      path`api/1.0/experiments/${experimentId}/columns`,
      { q: q || undefined, kind },
      signal
    );
  }

  /** Whether a filter can be read, and where it cannot. */
  check(filter: string, signal?: AbortSignal): Promise<IFilterCheck> {
    return this._post(path`api/1.0/runs/filter/check`, { filter }, signal);
  }

  /** The runs of one notebook, newest first. */
  ofNotebook(
    notebookPath: string,
    signal?: AbortSignal
  ): Promise<INotebookRuns> {
    return this._get(
      path`api/1.0/runs/notebook`,
      { path: notebookPath },
      signal
    );
  }

  /** All runs of a query as a file; up to 50,000 of them. */
  async csv(search: IRunSearch): Promise<IFile> {
    if (!this._transport.file) {
      throw new Error('Files cannot be fetched here.');
    }
    return this._transport.file(path`api/1.0/runs/csv`, {
      method: 'POST',
      body: search
    });
  }

  // -- drawing and comparing

  /** A few columns of all runs. */
  frame(query: IFrameQuery, signal?: AbortSignal): Promise<IRunFrame> {
    return this._post(path`api/1.0/runs/frame`, query, signal);
  }

  /** Metrics of some runs over steps or time. */
  series(query: ISeriesQuery, signal?: AbortSignal): Promise<ICurveList> {
    return this._post(path`api/1.0/runs/series`, query, signal);
  }

  diff(a: string, b: string, signal?: AbortSignal): Promise<IRunDiff> {
    return this._post(path`api/1.0/runs/diff`, { run_ids: [a, b] }, signal);
  }

  compare(
    runIds: readonly string[],
    signal?: AbortSignal
  ): Promise<IRunsComparison> {
    return this._post(path`api/1.0/runs/compare`, { run_ids: runIds }, signal);
  }

  // -- keeping

  act(
    action: IActionQuery & { action: Exclude<IActionQuery['action'], 'purge'> }
  ): Promise<IActionReport> {
    return this._post(path`api/1.0/runs/actions`, action);
  }

  /** What would be removed for good, or, not as a rehearsal, its removal. */
  purge(runIds: readonly string[], dryRun: boolean): Promise<IPurgePlan> {
    return this._post(path`api/1.0/runs/actions`, {
      action: 'purge',
      run_ids: runIds,
      dry_run: dryRun
    });
  }

  usage(experimentId: string, signal?: AbortSignal): Promise<IUsage> {
    return this._get(
      path`api/1.0/experiments/${experimentId}/usage`,
      undefined,
      signal
    );
  }

  /** Where a file of a run is read from, below the server's prefix. */
  artifactPath(runId: string, file: string): string {
    const inner = file.split('/').map(encodeURIComponent).join('/');
    return path`api/1.0/runs/${runId}/artifacts/` + inner;
  }

  /** The bytes of a file of a run, at most `limit` of them. */
  async artifact(runId: string, file: string, limit?: number): Promise<IFile> {
    if (!this._transport.file) {
      throw new Error('Files cannot be fetched here.');
    }
    return this._transport.file(this.artifactPath(runId, file), {
      query: { limit }
    });
  }

  /** A file of a run, all of it. */
  async download(runId: string, file: string): Promise<IFile> {
    if (!this._transport.file) {
      throw new Error('Files cannot be fetched here.');
    }
    return this._transport.file(this.artifactPath(runId, file), {
      query: { download: 1 }
    });
  }

  /** The first rows of a Parquet file, and how many there are. */
  head(
    runId: string,
    file: string,
    limit: number,
    signal?: AbortSignal
  ): Promise<IColumnarPage> {
    return this._get(
      path`api/1.0/runs/${runId}/head`,
      { path: file, limit },
      signal
    );
  }

  // -- code and replay

  source(runId: string, signal?: AbortSignal): Promise<IRunSourceCode> {
    return this._get(path`api/1.0/runs/${runId}/source`, undefined, signal);
  }

  /** The notebook as it was when the run was made. */
  notebook(runId: string, signal?: AbortSignal): Promise<INotebookFile> {
    return this._get(path`api/1.0/runs/${runId}/notebook`, undefined, signal);
  }

  replay(runId: string, options: IReplayOptions = {}): Promise<IReplayReport> {
    return this._post(path`api/1.0/runs/${runId}/replay`, options);
  }

  async replays(runId: string, signal?: AbortSignal): Promise<IReplayReport[]> {
    const answer = await this._get<{ replays: IReplayReport[] }>(
      path`api/1.0/runs/${runId}/replays`,
      undefined,
      signal
    );
    return answer.replays;
  }

  // -- in the background

  backgroundInfo(
    runId: string,
    signal?: AbortSignal
  ): Promise<IBackgroundInfo> {
    return this._get(path`api/1.0/runs/${runId}/background`, undefined, signal);
  }

  log(
    runId: string,
    offset = 0,
    limit?: number,
    signal?: AbortSignal
  ): Promise<ILogPart> {
    return this._get(
      path`api/1.0/runs/${runId}/log`,
      { offset, limit },
      signal
    );
  }

  stop(runId: string): Promise<IBackgroundInfo> {
    return this._post(path`api/1.0/runs/${runId}/stop`, {});
  }

  // -- evaluation

  /** What a run's models were measured at, the newest first. */
  async evaluations(
    runId: string,
    signal?: AbortSignal
  ): Promise<IEvaluationResult[]> {
    const answer = await this._get<{ evaluations: IEvaluationResult[] }>(
      path`api/1.0/runs/${runId}/evaluations`,
      undefined,
      signal
    );
    return answer.evaluations;
  }

  compareModels(query: IModelComparisonQuery): Promise<IModelComparison> {
    return this._post(path`api/1.0/evaluations/compare`, query);
  }

  /** What a run's model was compared with, the newest first. */
  async comparisons(
    runId: string,
    signal?: AbortSignal
  ): Promise<IModelComparison[]> {
    const answer = await this._get<{ comparisons: IModelComparison[] }>(
      path`api/1.0/runs/${runId}/comparisons`,
      undefined,
      signal
    );
    return answer.comparisons;
  }

  threshold(
    evaluationId: string,
    query: IThresholdQuery,
    signal?: AbortSignal
  ): Promise<IThreshold> {
    return this._post(
      path`api/1.0/evaluations/${evaluationId}/threshold`,
      query,
      signal
    );
  }

  /** A run held against the scope card it was started with, or another one. */
  gates(
    runId: string,
    scope?: string,
    signal?: AbortSignal
  ): Promise<IGateReport> {
    return this._get(path`api/1.0/runs/${runId}/gates`, { scope }, signal);
  }

  card(runId: string, signal?: AbortSignal): Promise<IModelCard> {
    return this._get(path`api/1.0/runs/${runId}/card`, undefined, signal);
  }

  /** Write the card into its run. */
  keepCard(runId: string): Promise<IModelCard> {
    return this._post(path`api/1.0/runs/${runId}/card`, {});
  }

  /** Compare a card, the one kept with its run by default, with what is on record now. */
  verifyCard(runId: string, card?: IModelCard): Promise<ICardCheck> {
    return this._post(path`api/1.0/runs/${runId}/card/verify`, { card });
  }

  private _get<T>(
    where: string,
    query?: Record<string, string | number | undefined>,
    signal?: AbortSignal
  ): Promise<T> {
    return this._transport.request(where, { query, signal });
  }

  private _post<T>(
    where: string,
    body: unknown,
    signal?: AbortSignal
  ): Promise<T> {
    return this._transport.request(where, { method: 'POST', body, signal });
  }
}
