/** Ids of all commands, in one place. */
export namespace CommandIDs {
  export const open = 'mlnb:open';
  export const showPanel = 'mlnb:show-panel';
  export const goTo = 'mlnb:go-to';
  export const importData = 'mlnb:import-data';
  export const insertCell = 'mlnb:insert-cell';
  export const copyName = 'mlnb:copy-name';
  export const restoreTable = 'mlnb:restore-table';
  export const profileTable = 'mlnb:profile-table';
  export const newScope = 'mlnb:new-scope';
  export const editGrants = 'mlnb:edit-grants';
  export const refreshMonitor = 'mlnb:refresh-monitor';
  export const cancelJobRun = 'mlnb:cancel-job-run';
  export const compareRuns = 'mlnb:compare-runs';
  export const addToCompare = 'mlnb:add-to-compare';
  export const diffRuns = 'mlnb:diff-runs';
  export const replayRun = 'mlnb:replay-run';
  export const trashRuns = 'mlnb:trash-runs';
  export const runCellAsExperiment = 'mlnb:run-cell-as-experiment';
  export const showCellRuns = 'mlnb:show-cell-runs';
  export const showActivity = 'mlnb:show-activity';
  export const exportAsJob = 'mlnb:export-as-job';
}
