import * as React from 'react';
import { EmptyState } from '../components/EmptyState';
import type { IDocumentProps } from '../document';

export default function RunsPage(props: IDocumentProps): JSX.Element {
  return <EmptyState icon="experiment" title={props.name} />;
}
