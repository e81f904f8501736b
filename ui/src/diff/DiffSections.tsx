import * as React from 'react';
import type { Change, IRunDiff, IRunGit } from '../api/types.compare';
import { Icon } from '../components/Icon';
import { Section } from '../components/Page';
import { Tag } from '../components/State';
import { useTrans } from '../host';
import { CellChanges } from './CellChanges';
import { DataChanges } from './DataChanges';
import type { DiffView } from './TextDiff';
import { MetricChanges, ValueChanges } from './ValueTables';
import type { Sides } from './ValueTables';

interface IAreaProps {
  diff: IRunDiff;
  /** Also what is the same. */
  all: boolean;
}

/** Every area, what came out first. */
export function DiffSections(
  props: IAreaProps & { view: DiffView }
): JSX.Element {
  const { diff, all, view } = props;
  const trans = useTrans();
  const shown = <T extends { change: Change }>(items: readonly T[]): T[] =>
    items.filter(item => all || item.change !== 'same');
  const sides: Sides = [trans.__('Before'), trans.__('After')];
  const [metrics, params] = [shown(diff.metrics), shown(diff.params)];
  const [environment, artifacts, tags] = [
    shown(diff.environment),
    shown(diff.artifacts),
    shown(diff.tags)
  ];
  return (
    <>
      {metrics.length + params.length > 0 && (
        <div className="jp-mlnb-Columns jp-mlnb-DiffColumns">
          {metrics.length > 0 && (
            <Section title={trans.__('Metrics')}>
              <MetricChanges
                label={trans.__('Metrics')}
                rows={metrics}
                sides={sides}
              />
            </Section>
          )}
          {params.length > 0 && (
            <Section title={trans.__('Parameters')}>
              <ValueChanges
                label={trans.__('Parameters')}
                rows={params}
                sides={sides}
              />
            </Section>
          )}
        </div>
      )}
      <CellChanges
        cells={shown(diff.cells)}
        view={view}
        total={diff.cells.length}
      />
      <DataChanges rows={shown(diff.data)} />
      {environment.length > 0 && (
        <Section title={trans.__('Environment')}>
          <ValueChanges
            label={trans.__('Environment')}
            rows={environment}
            sides={sides}
          />
          <p className="jp-mlnb-Muted">
            {trans.__('Packages that are the same are left out.')}
          </p>
        </Section>
      )}
      <Git diff={diff} all={all} />
      {artifacts.length > 0 && (
        <Section title={trans.__('Files')}>
          <ValueChanges
            label={trans.__('Files')}
            rows={artifacts}
            sides={sides}
            shorten
          />
        </Section>
      )}
      {tags.length > 0 && (
        <Section title={trans.__('Tags')}>
          <ValueChanges label={trans.__('Tags')} rows={tags} sides={sides} />
        </Section>
      )}
    </>
  );
}

function Git({ diff, all }: IAreaProps): JSX.Element | null {
  const trans = useTrans();
  const { git_a: a, git_b: b } = diff;
  const isSame =
    diff.same.includes('git') ||
    (a.commit === b.commit && a.dirty === b.dirty && a.branch === b.branch);
  if ((isSame && !all) || (!a.commit && !b.commit)) {
    return null;
  }
  const state = (git: IRunGit): JSX.Element =>
    git.commit ? (
      <>
        <code>{git.commit.slice(0, 8)}</code>{' '}
        {git.branch && <bdi>{git.branch}</bdi>}{' '}
        {git.dirty && (
          <Tag
            label={trans.__('with changes that were not committed')}
            tone="warn"
          />
        )}
      </>
    ) : (
      <span className="jp-mlnb-Muted">{trans.__('outside a repository')}</span>
    );
  return (
    <Section title={trans.__('Git')}>
      <p className="jp-mlnb-DiffGit">
        {state(a)} <Icon name="caretRight" label={trans.__('then')} />{' '}
        {state(b)}
      </p>
      {diff.git_commits.length > 0 && (
        <ol
          className="jp-mlnb-DiffCommits"
          aria-label={trans.__('Commits between')}
        >
          {diff.git_commits.map(commit => (
            <li key={commit}>
              <code>{commit.slice(0, 8)}</code>{' '}
              <bdi>{commit.slice(8).trim()}</bdi>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
