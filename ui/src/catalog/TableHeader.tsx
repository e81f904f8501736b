/** What stands above the tabs of a table: certification, comment, tags. */
import * as React from 'react';
import type { ITable } from '../api/types';
import type { Certification, IObjectInfo } from '../api/types.tables';
import { EditableText } from '../components/EditableText';
import { Markdown } from '../components/Markdown';
import { Popover } from '../components/Popover';
import { Tag } from '../components/State';
import { useAction } from '../hooks/useApi';
import { useHost, useTrans } from '../host';
import { mayCertify, mayComment, mayTag } from './rights';
import { useRefresh } from './SchemaTab';
import { TagList } from './TagList';
import { objectKind } from './tableQueries';

export interface ITableHeaderProps {
  table: ITable;
  object: IObjectInfo | undefined;
}

/** The badge of a table that is certified or deprecated, in words. */
export function Badge(props: {
  certification: Certification | undefined;
}): JSX.Element | null {
  const trans = useTrans();
  switch (props.certification) {
    case 'certified':
      return (
        <Tag
          label={trans.__('certified')}
          icon="certified"
          tone="good"
          title={trans.__('Recommended: somebody vouches for this table')}
        />
      );
    case 'deprecated':
      return (
        <Tag
          label={trans.__('deprecated')}
          icon="alert"
          tone="warn"
          title={trans.__('Do not use this table for anything new')}
        />
      );
    default:
      return null;
  }
}

/** Says how far a table can be trusted. */
export function CertifyButton(props: ITableHeaderProps): JSX.Element | null {
  const { table, object } = props;
  const trans = useTrans();
  const certify = useAction((api, status: Certification | null) =>
    api.tables.certify(objectKind(table.table_type), table.full_name, status)
  );
  if (!mayCertify(object)) {
    return null;
  }
  const choices: [Certification | null, string, string][] = [
    [
      'certified',
      trans.__('Certified'),
      trans.__('Recommended; found first in searches')
    ],
    [
      'deprecated',
      trans.__('Deprecated'),
      trans.__('Not for anything new; found last')
    ],
    [null, trans.__('Neither'), trans.__('Nothing is said about it')]
  ];
  const current = object?.certification ?? null;
  return (
    <Popover label={trans.__('Certify')} icon="certified">
      {close => (
        <fieldset className="jp-mlnb-Choices">
          <legend className="jp-mlnb-Hidden">
            {trans.__('Certification')}
          </legend>
          {choices.map(([status, label, detail]) => (
            <label key={label}>
              <input
                type="radio"
                name="certification"
                checked={current === status}
                onChange={() =>
                  certify.mutate(status, { onSuccess: () => close() })
                }
              />
              <span>
                {label}
                <small>{detail}</small>
              </span>
            </label>
          ))}
        </fieldset>
      )}
    </Popover>
  );
}

/** The comment in Markdown and the tags, both edited in place. */
export function Description(props: ITableHeaderProps): JSX.Element | null {
  const { table, object } = props;
  const { api } = useHost();
  const trans = useTrans();
  const refresh = useRefresh(table.full_name);
  const kind = objectKind(table.table_type);
  return (
    <>
      <EditableText
        label={trans.__('Comment of %1', table.full_name)}
        text={table.comment ?? ''}
        placeholder={trans.__('Add a description')}
        canEdit={mayComment(object)}
        multiline
        render={text => <Markdown source={text} />}
        save={(text, expected) =>
          api.tables
            .setComment(kind, table.full_name, { text, expected })
            .then(refresh)
        }
        onConflict={refresh}
      />
      {object && (
        <TagList
          kind={kind}
          name={table.full_name}
          tags={object.tags}
          canEdit={mayTag(object)}
        />
      )}
    </>
  );
}
