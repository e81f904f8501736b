import { Notification } from '@jupyterlab/apputils';
import type { INotice, INoticeHandle } from '@mlnb/ui/lib/host';

/** Lab cuts notifications at this length; the hint would be lost without a word. */
const MAX_LENGTH = 140;

const TYPES: Record<INotice['kind'], Notification.TypeOptions> = {
  info: 'info',
  success: 'success',
  warning: 'warning',
  error: 'error',
  progress: 'in-progress'
};

function textOf({ message, hint }: INotice): string {
  const text = hint ? `${message} ${hint}` : message;
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;
}

function optionsOf(notice: INotice): Notification.IOptions<null> {
  return {
    autoClose: notice.kind === 'progress' ? false : 6000,
    actions: notice.actions?.map(action => ({
      label: action.label,
      callback: action.run
    }))
  };
}

/** One notification that changes with its action, from progress to result. */
export function notify(notice: INotice): INoticeHandle {
  const id = Notification.manager.notify(
    textOf(notice),
    TYPES[notice.kind],
    optionsOf(notice)
  );
  return {
    update: next => {
      Notification.update({
        id,
        message: textOf(next),
        type: TYPES[next.kind],
        ...optionsOf(next)
      });
    },
    dismiss: () => Notification.dismiss(id)
  };
}
