import { Dialog, showDialog } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import type { INotebookCheck } from '@mlnb/ui/lib/api/types.monitors';
import type { ITrans } from '@mlnb/ui/lib/host';

export interface IExportChoice {
  name: string;
  runNow: boolean;
  /** Only those that were changed; as text, the server knows their types. */
  parameters: Record<string, string>;
}

/** A default as it is typed into a field. */
function typed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

/** Name, parameters and whether to run at once. */
class ExportForm extends Widget implements Dialog.IBodyWidget<IExportChoice> {
  constructor(name: string, check: INotebookCheck, trans: ITrans) {
    super();
    this.addClass('jp-mlnb-ExportForm');
    this._name = this._field(trans.__('Name of the job'), name);
    if (check.parameters.length > 0) {
      const title = document.createElement('p');
      title.className = 'jp-mlnb-ExportForm-title';
      title.textContent = trans.__('Parameters');
      this.node.append(title);
    }
    for (const parameter of check.parameters) {
      const initial = typed(parameter.default);
      const input = this._field(parameter.name, initial);
      input.title = parameter.type;
      this._parameters.push({ name: parameter.name, initial, input });
    }
    const label = document.createElement('label');
    label.className = 'jp-mlnb-ExportForm-check';
    this._runNow.type = 'checkbox';
    this._runNow.checked = true;
    label.append(this._runNow, trans.__('Run it now'));
    const note = document.createElement('p');
    note.className = 'jp-mlnb-ExportForm-note';
    note.textContent = trans._n(
      '%1 cell runs in a fresh process with kernel %2; this notebook stays as it is.',
      '%1 cells run in a fresh process with kernel %2; this notebook stays as it is.',
      check.cells,
      check.kernel
    );
    this.node.append(label, note);
  }

  getValue(): IExportChoice {
    const changed = this._parameters.filter(
      ({ input, initial }) => input.value !== initial
    );
    return {
      name: this._name.value.trim(),
      runNow: this._runNow.checked,
      parameters: Object.fromEntries(
        changed.map(({ name, input }) => [name, input.value])
      )
    };
  }

  private _field(text: string, value: string): HTMLInputElement {
    const label = document.createElement('label');
    const caption = document.createElement('bdi');
    caption.textContent = text;
    const input = document.createElement('input');
    input.type = 'text';
    input.className = 'jp-mod-styled';
    input.value = value;
    input.spellcheck = false;
    label.append(caption, input);
    this.node.append(label);
    return input;
  }

  private readonly _name: HTMLInputElement;
  private readonly _runNow = document.createElement('input');
  private readonly _parameters: {
    name: string;
    initial: string;
    input: HTMLInputElement;
  }[] = [];
}

/** Ask how the job is to be called; null when the dialog was left. */
export async function askExport(
  name: string,
  check: INotebookCheck,
  trans: ITrans
): Promise<IExportChoice | null> {
  const result = await showDialog({
    title: trans.__('Export as Job'),
    body: new ExportForm(name, check, trans),
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Export') })
    ],
    focusNodeSelector: 'input'
  });
  return result.button.accept ? result.value : null;
}
