/** Changes of one run, made where it is read. */
import type { IRun } from '../api/types';
import type { IActionQuery } from '../api/types.runs';
import { queryClientOf } from '../hooks/queryClient';
import type { IHost } from '../host';

type Change = Omit<IActionQuery, 'action' | 'run_ids'> & {
  action: 'rename' | 'annotate' | 'tag' | 'untag';
};

/** Makes the change and fetches the run again; a refusal is thrown with its reason, for the field to show. */
export async function changeRun(
  host: IHost,
  run: Pick<IRun, 'run_id'>,
  change: Change
): Promise<void> {
  const report = await host.api.runs.act({ ...change, run_ids: [run.run_id] });
  const [refusal] = report.refused;
  if (refusal) {
    throw new Error(refusal.reason);
  }
  await queryClientOf(host).invalidateQueries({
    queryKey: ['run', run.run_id]
  });
}
