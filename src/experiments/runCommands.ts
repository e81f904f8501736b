/** Commands on runs: from the palette for the run in view, from other code with ids. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { formatAddress, parseAddress } from '@mlnb/ui/lib/address';
import type { IReplayOptions } from '@mlnb/ui/lib/api/types.replay';
import { paletteCategory } from '../client/panels';
import { CommandIDs } from '../commandIds';
import { labIcon } from '../icons';
import type { IMlnbDocuments, IMlnbHost } from '../tokens';

type Args = Readonly<Record<string, unknown>>;

export function addRunCommands(
  app: JupyterFrontEnd,
  host: IMlnbHost,
  documents: IMlnbDocuments,
  palette: ICommandPalette | null
): void {
  const { trans } = host;
  const runIds = {
    type: 'array' as const,
    items: { type: 'string' as const },
    description: trans.__('Ids of runs; by default the run in view')
  };

  /** The runs meant, or none and a word about it. */
  const runsOf = (args: Args, needed: number): string[] | null => {
    const ids = idsOf(args, documents);
    if (ids.length >= needed) {
      return ids;
    }
    host.notify({
      kind: 'info',
      message:
        needed === 1
          ? trans.__('No run is in view.')
          : trans.__('That takes two runs.'),
      hint:
        needed === 1
          ? trans.__('Open one from the panel of experiments first.')
          : trans.__('Select them in the table of runs.')
    });
    return null;
  };
  const guarded =
    (needed: number, run: (ids: string[], args: Args) => Promise<void>) =>
    async (args: Args): Promise<void> => {
      const ids = runsOf(args, needed);
      if (!ids) {
        return;
      }
      try {
        await run(ids, args);
      } catch (error) {
        const { message, hint } = error as Error & { hint?: string | null };
        host.notify({ kind: 'error', message, hint });
      }
    };
  const category = paletteCategory(host);

  app.commands.addCommand(CommandIDs.addToCompare, {
    label: trans.__('Add the Run to the Compare Tray'),
    icon: labIcon('compare'),
    describedBy: { args: { type: 'object', properties: { run_ids: runIds } } },
    execute: guarded(1, async ids => {
      const { addToTray } = await import('@mlnb/ui/lib/compare/tray');
      await addToTray(host, await named(host, ids));
    })
  });
  app.commands.addCommand(CommandIDs.compareRuns, {
    label: trans.__('Compare Runs'),
    caption: trans.__('Runs side by side; without any, those of the tray'),
    icon: labIcon('compare'),
    describedBy: { args: { type: 'object', properties: { run_ids: runIds } } },
    execute: async args => {
      const tray = await import('@mlnb/ui/lib/compare/tray');
      const ids = listOf(args);
      await documents.open(
        ids.length > 0
          ? tray.compareAddress(ids)
          : formatAddress('compare', tray.TRAY)
      );
    }
  });
  app.commands.addCommand(CommandIDs.diffRuns, {
    label: trans.__('Show What Changed Between Two Runs'),
    icon: labIcon('swap'),
    describedBy: {
      args: {
        type: 'object',
        properties: { run_ids: { ...runIds, minItems: 2, maxItems: 2 } }
      }
    },
    execute: guarded(2, ([a, b]) =>
      documents.open(formatAddress('diff', a, { part: b }))
    )
  });
  app.commands.addCommand(CommandIDs.replayRun, {
    label: trans.__('Replay the Run'),
    caption: trans.__('Run it again in a clean process and compare'),
    icon: labIcon('replay'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          run_ids: { ...runIds, maxItems: 1 },
          mode: { type: 'string', enum: ['cells', 'notebook'] },
          env: { type: 'string', enum: ['same', 'locked'] },
          data: { type: 'string', enum: ['pinned', 'latest'] }
        }
      }
    },
    execute: guarded(1, async ([id], args) => {
      const { mode, env, data } = args as IReplayOptions;
      await host.api.runs.replay(id, { mode, env, data });
      await documents.open(
        formatAddress('run', id, { query: { tab: 'replays' } })
      );
    })
  });
  app.commands.addCommand(CommandIDs.trashRuns, {
    label: trans.__('Move the Run to the Trash'),
    icon: labIcon('trash'),
    describedBy: { args: { type: 'object', properties: { run_ids: runIds } } },
    execute: guarded(1, async ids => {
      const { trashRuns } = await import('@mlnb/ui/lib/experiments/runActions');
      await trashRuns(host, await named(host, ids));
    })
  });
  for (const command of [
    CommandIDs.compareRuns,
    CommandIDs.addToCompare,
    CommandIDs.replayRun,
    CommandIDs.trashRuns
  ]) {
    palette?.addItem({ command, category });
  }
}

function listOf({ run_ids: ids }: Args): string[] {
  return Array.isArray(ids) ? ids.map(String) : [];
}

/** Those that were named, else the one whose page is in view. */
function idsOf(args: Args, documents: IMlnbDocuments): string[] {
  const ids = listOf(args);
  if (ids.length > 0) {
    return ids;
  }
  const address = documents.current ? parseAddress(documents.current) : null;
  switch (address?.kind) {
    case 'run':
      return [address.name];
    case 'diff':
      return [address.name, ...(address.part ? [address.part] : [])];
    default:
      return [];
  }
}

/** Runs with their names; one that nobody knows keeps its id for one. */
async function named(
  host: IMlnbHost,
  ids: readonly string[]
): Promise<{ run_id: string; name: string }[]> {
  const known = await host.api.runs.compare(ids).then(
    answer => answer.runs,
    () => []
  );
  return ids.map(id => ({
    run_id: id,
    name: known.find(run => run.run_id === id)?.name ?? id.slice(0, 8)
  }));
}
