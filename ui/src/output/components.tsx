/** The components an output may name. Each is a chunk of its own. */
import * as React from 'react';
import type { IDataComparison, IProfile } from '../api/types.explore';
import type { OutputComponents } from './Output';

export const OUTPUTS: OutputComponents = {
  DataGrid: async () => (await import('../grid/DataGrid')).DataGridOutput,
  BackgroundRun: async () =>
    (await import('../run/BackgroundOutput')).BackgroundOutput,
  ProfileView: async () => {
    const { ProfileView } = await import('../profile/ProfileView');
    return ({ view, live }) => (
      <ProfileView
        profile={view.snapshot as unknown as IProfile}
        live={live === 'live'}
      />
    );
  },
  ComparisonView: async () => {
    const { ComparisonView } = await import('../profile/ComparisonView');
    return ({ view, live }) => (
      <ComparisonView
        comparison={view.snapshot as unknown as IDataComparison}
        live={live === 'live'}
      />
    );
  }
};
