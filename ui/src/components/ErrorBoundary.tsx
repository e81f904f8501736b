import * as React from 'react';
import { ErrorView } from './ErrorView';

interface IState {
  error: unknown;
}

/** A fault of one component stays inside its page or section. */
export class ErrorBoundary extends React.Component<
  { children: React.ReactNode },
  IState
> {
  static getDerivedStateFromError(error: unknown): IState {
    return { error };
  }

  override state: IState = { error: null };

  override render(): React.ReactNode {
    return this.state.error ? (
      <ErrorView
        error={this.state.error}
        onRetry={() => this.setState({ error: null })}
      />
    ) : (
      this.props.children
    );
  }
}
