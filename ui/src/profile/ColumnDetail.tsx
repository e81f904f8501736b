import * as React from 'react';
import type { IColumnProfile, IFinding, IProfile } from '../api/types.explore';
import { Section } from '../components/Page';
import { Tag } from '../components/State';
import { useSize } from '../hooks/useSize';
import { useTrans } from '../host';
import type { Filters } from './brush';
import { Extremes, Figures } from './ColumnFigures';
import { Distribution } from './ColumnPictures';
import { Findings } from './Findings';
import type { IFindingsProps } from './Findings';
import { PairView } from './PairView';
import { meanText, Shape } from './Shape';
import { kindWord, metricName } from './words';

export interface IColumnDetailProps {
  profile: IProfile;
  column: IColumnProfile;
  findings: readonly IFinding[];
  filters: Filters;
  onFilters: (filters: Filters) => void;
  onColumn: (name: string) => void;
  onDecide?: IFindingsProps['onDecide'];
}

/** Everything about one column: its distribution, to be brushed, its figures, its findings, and it beside another. */
export function ColumnDetail(props: IColumnDetailProps): JSX.Element {
  const { profile, column, findings } = props;
  const trans = useTrans();
  const own = findings.filter(
    one => one.column === column.column_name || one.other === column.column_name
  );
  return (
    <div
      className="jp-mlnb-ProfileColumn"
      role="region"
      aria-label={column.column_name}
    >
      <h3>
        <bdi>{column.column_name}</bdi>
        <Tag label={kindWord(column.kind, trans)} title={column.data_type} />
        {column.semantic && <Tag label={column.semantic} tone="accent" />}
        {column.masked && (
          <Tag
            label={trans.__('values are not shown')}
            icon="lock"
            tone="warn"
            title={trans.__('They are personal data')}
          />
        )}
        {column.monotonic && (
          <Tag
            label={
              column.monotonic === 'increasing'
                ? trans.__('rises from row to row')
                : trans.__('falls from row to row')
            }
          />
        )}
      </h3>
      <Distribution {...props} />
      <div className="jp-mlnb-ProfileColumn-figures">
        <Figures column={column} profile={profile} />
        <Extremes column={column} />
      </div>
      {column.association && (
        <AgainstTarget column={column} profile={profile} />
      )}
      {own.length > 0 && (
        <Section title={trans.__('Findings')}>
          <Findings
            findings={own}
            source={profile.source}
            onDecide={props.onDecide}
            onColumn={name =>
              name !== column.column_name && props.onColumn(name)
            }
          />
        </Section>
      )}
      <PairView
        key={column.column_name}
        profile={profile}
        column={column}
        filters={props.filters}
      />
    </div>
  );
}

function AgainstTarget(props: {
  column: IColumnProfile;
  profile: IProfile;
}): JSX.Element | null {
  const { column, profile } = props;
  const trans = useTrans();
  const frame = React.useRef<HTMLDivElement>(null);
  const { width } = useSize(frame);
  const { association } = column;
  const { target } = profile;
  if (!association) {
    return null;
  }
  const bins = association.shape ?? [];
  const ordered = column.kind === 'numeric' || column.kind === 'datetime';
  // Where there is no room for all labels, the ends say where the bins lie.
  const all = width / Math.max(bins.length, 1) >= (ordered ? 58 : 34);
  const labelled =
    all || bins.length < 2 ? bins : [bins[0], bins[bins.length - 1]];
  return (
    <Section
      title={trans.__('Against %1', target?.column ?? trans.__('the target'))}
      aside={
        <span className="jp-mlnb-Bar-note">
          {trans.__(
            '%1 %2 (%3 to %4)',
            metricName(association),
            association.value.toFixed(3),
            association.lower.toFixed(3),
            association.upper.toFixed(3)
          )}
        </span>
      }
    >
      {association.unavailable && (
        <p className="jp-mlnb-Tone jp-mod-warn">{association.unavailable}</p>
      )}
      <div ref={frame} className="jp-mlnb-ProfileColumn-shape">
        <Shape
          bins={bins}
          target={target}
          column={column.column_name}
          width={Math.max(width, 200)}
          height={96}
          ordered={ordered}
        />
        <div
          className={`jp-mlnb-ProfileColumn-labels${all ? '' : ' jp-mod-ends'}`}
          aria-hidden="true"
        >
          {labelled.map(bin => (
            <span key={bin.label} title={bin.label}>
              {bin.label}
            </span>
          ))}
        </div>
      </div>
      {target?.base !== undefined && (
        <p className="jp-mlnb-Muted">
          {trans.__(
            'The dashed line is all rows: %1.',
            meanText(target.base, target)
          )}
        </p>
      )}
    </Section>
  );
}
