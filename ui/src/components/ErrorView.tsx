import * as React from 'react';
import { ApiError, NetworkError } from '../api/errors';
import { useHost, useTrans } from '../host';
import { Button } from './Button';
import { Icon } from './Icon';

export interface IErrorViewProps {
  error: unknown;
  onRetry?: () => void;
}

/** Message and hint in one line, for a field that was filled in wrongly. */
export function explain(error: Error | null): string {
  const hint = error instanceof ApiError ? error.hint : null;
  return [error?.message, hint].filter(Boolean).join(' ');
}

/** A failed read: what happened, what to do next, and the details for whoever is asked for help. */
export function ErrorView({ error, onRetry }: IErrorViewProps): JSX.Element {
  const trans = useTrans();
  const host = useHost();
  const code = error instanceof ApiError ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    error instanceof ApiError
      ? error.hint
      : error instanceof NetworkError
        ? trans.__('The Jupyter server does not answer. Is it still running?')
        : null;
  return (
    <div className="jp-mlnb-ErrorView" role="alert">
      <Icon name="error" />
      <div>
        <p className="jp-mlnb-ErrorView-message">{message}</p>
        {hint && <p className="jp-mlnb-ErrorView-hint">{hint}</p>}
        <div className="jp-mlnb-ErrorView-actions">
          {onRetry && (
            <Button
              label={trans.__('Try again')}
              icon="refresh"
              onClick={onRetry}
            />
          )}
          <Button
            label={trans.__('Copy details')}
            kind="link"
            onClick={() =>
              void host.copy([code, message, hint].filter(Boolean).join('\n'))
            }
          />
          {code && <code>{code}</code>}
        </div>
      </div>
    </div>
  );
}
