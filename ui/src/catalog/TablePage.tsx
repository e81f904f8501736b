import * as React from 'react';
import { EmptyState } from '../components/EmptyState';
import type { IDocumentProps } from '../document';

export default function TablePage(props: IDocumentProps): JSX.Element {
  return <EmptyState icon="table" title={props.name} />;
}
