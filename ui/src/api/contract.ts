/**
 * The server's answers, as generated from its operations table, fit the shapes the components are written against.
 *
 * Nothing here runs: the build fails where an answer no longer fits.
 */
import type { components } from './types.gen';
import type {
  IColumnarPage,
  ICommit,
  IDropped,
  IExperiment,
  IJournalPage,
  IRun,
  IStatus,
  ITable,
  ITreePage
} from './types';
import type {
  IDrift,
  IJob,
  IJobRun,
  IJobRunSummary,
  IMonitor,
  IMonitorSeries,
  IMonitorSummary
} from './types.monitors';
import type {
  IDataComparison,
  IDrillResult,
  IProfile,
  IProfileInfo
} from './types.explore';
import type {
  IHoldout,
  ILook,
  IScopeCard,
  IScopeTemplate
} from './types.scope';
import type { IIngestPlan, IIngestReport, IIngestRun } from './types.ingest';
import type { IFunction, IVolume, IVolumeListing } from './types.objects';
import type {
  IComparison,
  IGrants,
  IInsights,
  ILineage,
  IObjectInfo,
  ITableSummary
} from './types.tables';
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
  IRunArtifact,
  IRunBlock,
  IRunColumns,
  IRunFrame,
  IRunSearch,
  ISeriesQuery,
  IUsage
} from './types.runs';
import type {
  IActivity,
  IEndpoint,
  IEndpointSummary,
  IGateReport,
  IModel,
  IModelSummary,
  ITraffic
} from './types.registry';

type Answers = components['schemas'];

/** What the server does not describe further (a value of any kind) fits everything. */
type Loose<T> = unknown extends T
  ? any // eslint-disable-line @typescript-eslint/no-explicit-any
  : T extends object
    ? { [Key in keyof T]: Loose<T[Key]> }
    : T;

type Fits<Answer, Shape> = Loose<Answer> extends Shape ? true : never;

/** The server fills in what is not sent, and does not mind lists that nobody may change. */
type Sent<T> = T extends readonly unknown[]
  ? { -readonly [Key in keyof T]: Sent<T[Key]> }
  : T extends object
    ? { [Key in keyof T]?: Sent<T[Key]> }
    : T;

/** What the components ask is understood: every field is known to the server and of its type. */
type Asks<Query, Request> = [Exclude<keyof Query, keyof Request>] extends [
  never
]
  ? Sent<Query> extends Sent<Loose<Request>>
    ? true
    : never
  : never;

export const workspace: [
  Fits<Answers['Status'], IStatus>,
  Fits<Answers['JournalPage'], IJournalPage>
] = [true, true];

export const catalog: [
  Fits<Answers['TreePage'], ITreePage>,
  Fits<Answers['TableView'], ITable>,
  Fits<Answers['Block'], IColumnarPage>,
  Fits<Answers['HistoryView'], { commits: ICommit[] }>
] = [true, true, true, true];

export const tables: [
  Fits<Answers['CatalogComparison'], IComparison>,
  Fits<Answers['ExploreTableSummary'], ITableSummary>,
  Fits<Answers['ObjectInfo'], IObjectInfo>,
  Fits<Answers['GrantsView'], IGrants>,
  Fits<Answers['LineageGraph'], ILineage>,
  Fits<Answers['Insights'], IInsights>,
  // The kind is any text to the server.
  Fits<
    Answers['Trash'],
    { items: (Omit<IDropped, 'kind'> & { kind: string })[] }
  >
] = [true, true, true, true, true, true, true];

export const objects: [
  Fits<Answers['VolumeInfo'], IVolume>,
  Fits<Answers['VolumeView'], IVolumeListing>,
  Fits<Answers['FunctionView'], IFunction>
] = [true, true, true];

export const ingestion: [
  Fits<Answers['IngestPlan'], IIngestPlan>,
  Fits<Answers['IngestReport'], IIngestReport>,
  // An error's fields are those of every refusal, which the server does not describe here.
  Fits<Omit<Answers['IngestRun'], 'error'>, Omit<IIngestRun, 'error'>>
] = [true, true, true];

export const experiments: [
  Fits<Answers['ExperimentList'], { experiments: IExperiment[] }>,
  // MLflow sets the start of every run; only its store could hold none.
  Fits<Answers['RunView'] & { start_time: number }, IRun>
] = [true, true];

export const runs: [
  Fits<Answers['RunBlock'], IRunBlock>,
  Fits<Answers['ColumnList'], IRunColumns>,
  Fits<Answers['FilterCheck'], IFilterCheck>,
  Fits<Answers['RunFrame'], IRunFrame>,
  Fits<Answers['CurveList'], ICurveList>,
  Fits<Answers['RunComparison'], IRunsComparison>,
  Fits<Answers['RunDiffView'], IRunDiff>,
  Fits<Answers['ActionReport'], IActionReport>,
  Fits<Answers['PurgePlan'], IPurgePlan>,
  Fits<Answers['Usage'], IUsage>,
  Fits<Answers['ArtifactList'], { artifacts: IRunArtifact[] }>,
  Fits<Answers['NotebookRuns'], INotebookRuns>,
  Fits<Answers['RunSourceCode'], IRunSourceCode>,
  Fits<Answers['ReplayView'], IReplayReport>,
  Fits<Answers['BackgroundInfo'], IBackgroundInfo>,
  Fits<Answers['LogPart'], ILogPart>
] = [
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true
];

export const runQueries: [
  Asks<IRunSearch, Answers['QueryRuns']>,
  Asks<IFrameQuery, Answers['FrameRuns']>,
  Asks<ISeriesQuery, Answers['SeriesRuns']>,
  Asks<IActionQuery, Answers['RunActions']>,
  Asks<IReplayOptions, Answers['StartReplay']>
] = [true, true, true, true, true];

export const evaluation: [
  Fits<Answers['EvaluationList'], { evaluations: IEvaluationResult[] }>,
  Fits<Answers['ComparisonList'], { comparisons: IModelComparison[] }>,
  Fits<Answers['Threshold'], IThreshold>,
  Fits<Answers['ModelCard'], IModelCard>,
  Fits<Answers['CardCheck'], ICardCheck>,
  Asks<IModelComparisonQuery, Answers['MakeComparison']>,
  Asks<IThresholdQuery, Answers['ChooseThreshold']>
] = [true, true, true, true, true, true, true];

export const exploration: [
  Fits<Answers['Profile'], IProfile>,
  Fits<Answers['Profiles'], { profiles: IProfileInfo[] }>,
  // Pairs are lists of any length in the generated types.
  Fits<
    Omit<Answers['ExploreComparison'], 'schema' | 'separability'>,
    Omit<IDataComparison, 'schema' | 'separability'>
  >,
  Fits<Answers['DrillResult'], IDrillResult>
] = [true, true, true, true];

export const scopes: [
  Fits<Answers['ScopeList'], { scopes: IScopeCard[] }>,
  Fits<Answers['ScopeTemplate'], IScopeTemplate>,
  Fits<Answers['HoldoutPage'], { holdouts: IHoldout[] }>,
  Fits<Answers['LookList'], { looks: ILook[] }>
] = [true, true, true, true];

export const registry: [
  Fits<Answers['ModelLines'], { models: IModelSummary[] }>,
  Fits<Answers['RegisteredModel'], IModel>,
  Fits<Answers['ActivityList'], { activities: IActivity[] }>,
  Fits<Answers['GateReport'], IGateReport>
] = [true, true, true, true];

export const endpoints: [
  Fits<Answers['EndpointSummaries'], { endpoints: IEndpointSummary[] }>,
  // The example is a body for the endpoint, which is of any shape to the server.
  Fits<Omit<Answers['Endpoint'], 'example'>, Omit<IEndpoint, 'example'>>,
  Fits<Answers['Traffic'], ITraffic>
] = [true, true, true];

export const monitors: [
  Fits<Answers['MonitorLines'], { monitors: IMonitorSummary[] }>,
  Fits<Answers['MonitorPage'], IMonitor>,
  Fits<Answers['DriftMatrix'], IDrift>,
  Fits<Answers['MetricSeries'], IMonitorSeries>
] = [true, true, true, true];

export const jobs: [
  Fits<Answers['JobLines'], { jobs: IJob[] }>,
  Fits<Answers['JobRunLines'], { runs: IJobRunSummary[] }>,
  Fits<Answers['JobRunPage'], IJobRun>
] = [true, true, true];
