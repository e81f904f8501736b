import * as React from 'react';
import { ApiError } from '../api/errors';
import { useTrans } from '../host';
import { Button } from './Button';
import { explain } from './ErrorView';
import { Icon } from './Icon';

export interface IEditableTextProps {
  /** What the text is about: "Comment of dep_delay". */
  label: string;
  text: string;
  /** Said where there is no text yet. */
  placeholder: string;
  canEdit: boolean;
  /** Line breaks are allowed; Enter alone does not save then. */
  multiline?: boolean;
  render?: (text: string) => React.ReactNode;
  /** `expected` is the text that editing began with. */
  save: (text: string, expected: string) => Promise<unknown>;
  /** Another one has changed it: fetch what it is now. */
  onConflict?: () => void;
}

/** A text that becomes a field where it stands. Another's change meanwhile is shown, not overwritten. */
export function EditableText(props: IEditableTextProps): JSX.Element {
  const { label, text, canEdit, render } = props;
  const trans = useTrans();
  const [editing, setEditing] = React.useState(false);
  const opener = React.useRef<HTMLSpanElement>(null);
  if (editing) {
    return (
      <Editor
        {...props}
        onDone={() => {
          setEditing(false);
          // Where editing began, the focus returns.
          requestAnimationFrame(() =>
            opener.current?.querySelector('button')?.focus()
          );
        }}
      />
    );
  }
  if (!canEdit) {
    return <>{text && (render?.(text) ?? <bdi>{text}</bdi>)}</>;
  }
  const begin = (): void => setEditing(true);
  return (
    <span
      ref={opener}
      className={`jp-mlnb-EditableText${text ? '' : ' jp-mod-empty'}`}
    >
      {text ? (
        <>
          <span className="jp-mlnb-EditableText-text" onDoubleClick={begin}>
            {render?.(text) ?? <bdi>{text}</bdi>}
          </span>
          <Button
            label={trans.__('Edit: %1', label)}
            icon="edit"
            iconOnly
            onClick={begin}
          />
        </>
      ) : (
        <button
          type="button"
          className="jp-mlnb-EditableText-add"
          aria-label={trans.__('Edit: %1', label)}
          onClick={begin}
        >
          {props.placeholder}
        </button>
      )}
    </span>
  );
}

function Editor(
  props: IEditableTextProps & { onDone: () => void }
): JSX.Element {
  const { label, text, multiline, save, onDone } = props;
  const trans = useTrans();
  const [value, setValue] = React.useState(text);
  // What was there when editing began, or what was shown as the other's text since.
  const [base, setBase] = React.useState(text);
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<Error | null>(null);
  const conflict = error instanceof ApiError && error.status === 412;
  const errorId = React.useId();

  const submit = (expected: string): void => {
    if (value.trim() === base && !conflict) {
      onDone();
      return;
    }
    setBusy(true);
    setError(null);
    save(value.trim(), expected).then(onDone, (failure: Error) => {
      setBusy(false);
      setError(failure);
      if (failure instanceof ApiError && failure.status === 412) {
        props.onConflict?.();
      }
    });
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onDone();
    } else if (
      event.key === 'Enter' &&
      !event.nativeEvent.isComposing &&
      (event.ctrlKey || event.metaKey || (!multiline && !event.shiftKey))
    ) {
      event.preventDefault();
      submit(base);
    }
  };
  return (
    <span className="jp-mlnb-EditableText jp-mod-editing">
      <textarea
        className="jp-mlnb-EditableText-field"
        aria-label={label}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? errorId : undefined}
        rows={multiline ? Math.min(value.split('\n').length + 2, 12) : 1}
        value={value}
        autoFocus
        dir="auto"
        disabled={busy}
        onChange={event => setValue(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {error && (
        <span id={errorId} className="jp-mlnb-EditableText-error" role="alert">
          <Icon name="error" />
          <span>
            {conflict
              ? trans.__(
                  'It was changed meanwhile. It now reads: %1',
                  text || '–'
                )
              : explain(error)}
          </span>
        </span>
      )}
      <span className="jp-mlnb-EditableText-actions">
        <Button
          label={conflict ? trans.__('Save mine') : trans.__('Save')}
          kind="accept"
          icon="check"
          busy={busy}
          title={multiline ? trans.__('Save (Ctrl+Enter)') : undefined}
          onClick={() => {
            if (conflict) {
              setBase(text);
            }
            submit(conflict ? text : base);
          }}
        />
        <Button label={trans.__('Cancel')} onClick={onDone} />
      </span>
    </span>
  );
}
