import * as React from 'react';
import { Skeleton } from '../components/Skeleton';

export default function BrowseSection(): JSX.Element {
  return <Skeleton />;
}
