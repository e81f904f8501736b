import { useQueryClient } from '@tanstack/react-query';
import * as React from 'react';
import type { ITable, ITableColumn } from '../api/types';
import type { IColumnSummary, IObjectInfo } from '../api/types.tables';
import { Code } from '../components/Code';
import { EditableText } from '../components/EditableText';
import { ErrorView } from '../components/ErrorView';
import { Pairs } from '../components/Facts';
import { Section } from '../components/Page';
import { SearchBox } from '../components/SearchBox';
import { Meter } from '../components/Sparkline';
import { formatInteger, formatPercent } from '../format';
import { useApi } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { Distribution } from './Distribution';
import { KeyMark } from './PreviewTab';
import { TagList } from './TagList';
import { tableQuery } from './queries';
import { objectKind, profileQuery } from './tableQueries';
import { mayComment, mayTag } from './rights';

/** More columns than this get a field to find one. */
const SEARCH_FROM = 12;

export interface ISchemaTabProps {
  table: ITable;
  /** Comments, tags and rights; undefined while they are fetched. */
  object: IObjectInfo | undefined;
}

/** The columns of a table with their figures; comments and tags are edited where they stand. */
export function SchemaTab({ table, object }: ISchemaTabProps): JSX.Element {
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const profile = useApi(profileQuery(table.full_name, versionOf(table)), {
    keep: true
  });
  const figures = React.useMemo(
    () => new Map(profile.data?.columns.map(column => [column.name, column])),
    [profile.data]
  );
  const needle = text.trim().toLowerCase();
  const columns = table.columns.filter(
    column =>
      column.name.toLowerCase().includes(needle) ||
      column.comment?.toLowerCase().includes(needle) ||
      object?.tags.some(
        tag =>
          tag.column === column.name &&
          `${tag.key} ${tag.value}`.toLowerCase().includes(needle)
      )
  );
  return (
    <>
      {table.columns.length >= SEARCH_FROM && (
        <div className="jp-mlnb-Bar">
          <SearchBox
            label={trans.__('Find a column by name, comment or tag')}
            value={text}
            onChange={setText}
          />
        </div>
      )}
      <div className="jp-mlnb-Scroll">
        {profile.error && (
          <ErrorView
            error={profile.error}
            onRetry={() => void profile.refetch()}
          />
        )}
        <table
          className="jp-mlnb-Table jp-mlnb-SchemaTab"
          aria-label={trans.__('Columns of %1', table.full_name)}
          aria-busy={profile.isPending}
        >
          <thead>
            <tr>
              <th scope="col" className="jp-mod-numeric">
                {trans.__('#')}
              </th>
              <th scope="col">{trans.__('Column')}</th>
              <th scope="col">{trans.__('Type')}</th>
              <th scope="col" className="jp-mod-numeric">
                {trans.__('Missing values')}
              </th>
              <th scope="col" className="jp-mod-numeric">
                {trans.__('Distinct')}
              </th>
              <th scope="col">{trans.__('Distribution')}</th>
              <th scope="col">{trans.__('Comment')}</th>
              <th scope="col">{trans.__('Tags')}</th>
            </tr>
          </thead>
          <tbody>
            {columns.map(column => (
              <ColumnRow
                key={column.name}
                table={table}
                object={object}
                column={column}
                position={table.columns.indexOf(column) + 1}
                figures={figures.get(column.name)}
                isPending={profile.isPending}
              />
            ))}
          </tbody>
        </table>
        {profile.data?.sampled && (
          <p className="jp-mlnb-Muted jp-mlnb-SchemaTab-note">
            {trans.__(
              'Figures are of a random sample: %1 of %2 rows.',
              formatInteger(profile.data.profiled_rows),
              formatInteger(profile.data.rows)
            )}
          </p>
        )}
        {table.constraints && table.constraints.length > 0 && (
          <Section title={trans.__('Every row fulfils')}>
            <Pairs
              label={trans.__('Constraints')}
              pairs={table.constraints.map(one => [
                one.name,
                <code key={one.name}>{one.expression}</code>
              ])}
            />
          </Section>
        )}
        {table.view_definition && (
          <Section title={trans.__('Query')}>
            <Code
              label={trans.__('The query of the view')}
              source={table.view_definition}
            />
          </Section>
        )}
      </div>
    </>
  );
}

/** A view has the figures of what it shows now. */
function versionOf(table: ITable): number | undefined {
  return objectKind(table.table_type) === 'view' ? undefined : table.version;
}

interface IColumnRowProps extends ISchemaTabProps {
  column: ITableColumn;
  position: number;
  figures: IColumnSummary | undefined;
  isPending: boolean;
}

function ColumnRow(props: IColumnRowProps): JSX.Element {
  const { table, object, column, figures } = props;
  const trans = useTrans();
  const pending = props.isPending && (
    <span className="jp-mlnb-Grid-pending" aria-hidden />
  );
  return (
    <tr>
      <td className="jp-mod-numeric jp-mlnb-Muted">{props.position}</td>
      <th scope="row" className="jp-mlnb-SchemaTab-name">
        <bdi>{column.name}</bdi>
        <KeyMark column={column} />
      </th>
      <td
        className="jp-mlnb-Mono jp-mlnb-SchemaTab-type"
        title={column.type_text}
      >
        {column.type_text}
      </td>
      <td className="jp-mod-numeric">
        {figures ? (
          <Missing figures={figures} nullable={column.nullable} />
        ) : (
          pending ||
          (!column.nullable && (
            <span className="jp-mlnb-Muted">{trans.__('refused')}</span>
          ))
        )}
      </td>
      <td className="jp-mod-numeric">
        {figures?.distinct_count !== undefined
          ? formatInteger(figures.distinct_count)
          : pending}
      </td>
      <td>{figures ? <Distribution column={figures} /> : pending}</td>
      <td className="jp-mlnb-SchemaTab-comment">
        <ColumnComment table={table} object={object} column={column} />
      </td>
      <td>
        <TagList
          kind={objectKind(table.table_type)}
          name={table.full_name}
          column={column.name}
          tags={object?.tags ?? []}
          canEdit={mayTag(object)}
        />
      </td>
    </tr>
  );
}

function Missing(props: {
  figures: IColumnSummary;
  nullable: boolean;
}): JSX.Element {
  const { figures, nullable } = props;
  const trans = useTrans();
  if (figures.num_nulls === 0) {
    return (
      <span className="jp-mlnb-Muted">
        {nullable ? trans.__('none') : trans.__('refused')}
      </span>
    );
  }
  const share = figures.percent_null / 100;
  return (
    <Meter
      value={share}
      text={formatPercent(share)}
      tone={share > 0.5 ? 'bad' : share > 0.05 ? 'warn' : 'accent'}
    />
  );
}

function ColumnComment(props: {
  table: ITable;
  object: IObjectInfo | undefined;
  column: ITableColumn;
}): JSX.Element {
  const { table, object, column } = props;
  const { api } = useHost();
  const trans = useTrans();
  const refresh = useRefresh(table.full_name);
  return (
    <EditableText
      label={trans.__('Comment of %1', column.name)}
      text={column.comment ?? ''}
      placeholder={trans.__('Add a comment')}
      canEdit={mayComment(object)}
      save={(text, expected) =>
        api.tables
          .setComment(objectKind(table.table_type), table.full_name, {
            text,
            column: column.name,
            expected
          })
          .then(refresh)
      }
      onConflict={refresh}
    />
  );
}

/** Fetches what the page says of its table. */
export function useRefresh(name: string): () => void {
  const cache = useQueryClient();
  return () =>
    void cache.invalidateQueries({ queryKey: [...tableQuery(name).key] });
}
