import * as React from 'react';
import { Icon } from './Icon';
import type { IconName } from './Icon';

export interface IPageProps {
  icon: IconName;
  title: string;
  /** In the title's place: a field in which it can be changed. */
  heading?: React.ReactNode;
  /** Where the object lives: `main / ml`. */
  place?: string;
  /** Tags and a state beside the title. */
  marks?: React.ReactNode;
  description?: React.ReactNode;
  facts?: React.ReactNode;
  actions?: React.ReactNode;
  children: React.ReactNode;
}

/** The frame of every page in the main area. */
export function Page(props: IPageProps): JSX.Element {
  return (
    <article className="jp-mlnb-Page" aria-label={props.title}>
      <header className="jp-mlnb-Page-header">
        <Icon name={props.icon} className="jp-mlnb-Page-icon" />
        <div className="jp-mlnb-Page-heading">
          {props.place && (
            <div className="jp-mlnb-Page-place">
              <bdi>{props.place}</bdi>
            </div>
          )}
          <div className="jp-mlnb-Page-titleLine">
            <h1 className="jp-mlnb-Page-title">
              {props.heading ?? <bdi>{props.title}</bdi>}
            </h1>
            {props.marks}
          </div>
          {props.description && (
            <div className="jp-mlnb-Page-description">{props.description}</div>
          )}
        </div>
        {props.actions && (
          <div className="jp-mlnb-Page-actions">{props.actions}</div>
        )}
      </header>
      {props.facts}
      <div className="jp-mlnb-Page-body">{props.children}</div>
    </article>
  );
}

/** A titled part of a page. */
export function Section(props: {
  title: string;
  aside?: React.ReactNode;
  children: React.ReactNode;
}): JSX.Element {
  return (
    <section className="jp-mlnb-Section" aria-label={props.title}>
      <div className="jp-mlnb-Section-head">
        <h2>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}
