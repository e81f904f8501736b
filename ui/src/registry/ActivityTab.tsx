import * as React from 'react';
import { EmptyState } from '../components/EmptyState';
import { QueryView } from '../components/QueryView';
import { Tag } from '../components/State';
import { RelativeTime } from '../components/Time';
import { useApi } from '../hooks/useApi';
import { useTrans } from '../host';
import { activitiesQuery } from './queries';

/** What happened to a model, newest first, from the journal. */
export function ActivityTab({ name }: { name: string }): JSX.Element {
  const trans = useTrans();
  const query = useApi(activitiesQuery(name));
  return (
    <QueryView
      query={query}
      isEmpty={data => data.length === 0}
      empty={
        <EmptyState icon="history" title={trans.__('Nothing happened yet')} />
      }
    >
      {activities => (
        <ol className="jp-mlnb-Feed" aria-label={trans.__('Activity')}>
          {activities.map(one => (
            <li key={one.id}>
              <div className="jp-mlnb-Feed-line">
                <strong>
                  <bdi>{one.actor}</bdi>
                </strong>{' '}
                {one.text ?? one.activity_type}
                {one.observed && (
                  <Tag
                    tone="warn"
                    label={trans.__('outside the workflow')}
                    title={trans.__('Made by another tool; noticed afterwards')}
                  />
                )}
                <span className="jp-mlnb-Feed-time">
                  <RelativeTime time={one.time} />
                </span>
              </div>
              {one.comment && (
                <blockquote className="jp-mlnb-Quote">{one.comment}</blockquote>
              )}
            </li>
          ))}
        </ol>
      )}
    </QueryView>
  );
}
