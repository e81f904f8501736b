/** Questions and menus, by Lab's own dialogs and menus. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { MenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import type { Menu } from '@lumino/widgets';
import type { IAsk, IConfirm, IMenuItem } from '@mlnb/ui/lib/host';

export async function confirm(question: IConfirm): Promise<boolean> {
  const accept = { label: question.action };
  const result = await showDialog({
    title: question.title,
    body: question.body,
    buttons: [
      Dialog.cancelButton(),
      question.danger ? Dialog.warnButton(accept) : Dialog.okButton(accept)
    ]
  });
  return result.button.accept;
}

/** One field with its label and a line of help. */
class Field extends Widget implements Dialog.IBodyWidget<string> {
  constructor(question: IAsk) {
    super();
    this.addClass('jp-mlnb-Ask');
    const label = document.createElement('label');
    const name = document.createElement('span');
    name.textContent = question.label;
    this._input = document.createElement(
      question.multiline ? 'textarea' : 'input'
    );
    this._input.className = 'jp-mod-styled';
    this._input.value = question.value ?? '';
    this._input.placeholder = question.placeholder ?? '';
    this._input.spellcheck = Boolean(question.multiline);
    label.append(name, this._input);
    this.node.append(label);
    if (question.hint) {
      const hint = document.createElement('p');
      hint.textContent = question.hint;
      hint.id = `mlnb-ask-${Date.now()}`;
      this._input.setAttribute('aria-describedby', hint.id);
      this.node.append(hint);
    }
    if (this._input instanceof HTMLTextAreaElement) {
      this._input.rows = 5;
      // Enter makes a line here; the dialog would take it as its answer.
      this._input.addEventListener('keydown', event => {
        if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
          event.stopPropagation();
        }
      });
    }
  }

  getValue(): string {
    return this._input.value.trim();
  }

  protected override onAfterAttach(): void {
    this._input.focus();
    this._input.select();
  }

  private readonly _input: HTMLInputElement | HTMLTextAreaElement;
}

export async function ask(question: IAsk): Promise<string | null> {
  const result = await showDialog<string>({
    title: question.title,
    body: new Field(question),
    focusNodeSelector: '.jp-mlnb-Ask :is(input, textarea)',
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: question.action })
    ]
  });
  return result.button.accept ? (result.value ?? '') : null;
}

/** A menu of commands that live as long as it is open. */
export function openMenu(
  items: readonly IMenuItem[],
  at: { x: number; y: number }
): void {
  const commands = new CommandRegistry();
  const menu = fill(commands, items);
  menu.aboutToClose.connect(() => {
    // The chosen command still runs after the menu has closed.
    setTimeout(() => menu.dispose(), 0);
  });
  menu.open(at.x, at.y);
}

function fill(commands: CommandRegistry, items: readonly IMenuItem[]): Menu {
  const menu = new MenuSvg({ commands });
  menu.addClass('jp-mlnb-Menu');
  for (const item of items) {
    if (item.kind === 'line') {
      menu.addItem({ type: 'separator' });
    } else if (item.kind === 'menu') {
      const submenu = fill(commands, item.items);
      submenu.title.label = item.label;
      menu.addItem({ type: 'submenu', submenu });
    } else {
      const command = `item-${commands.listCommands().length}`;
      commands.addCommand(command, {
        label: item.label,
        execute: () => item.run(),
        describedBy: { args: { type: 'object', properties: {} } }
      });
      if (item.keys) {
        // Shown beside the label; the tree itself listens for the keys.
        commands.addKeyBinding({
          command,
          keys: [item.keys],
          selector: '.jp-mlnb-Menu-never'
        });
      }
      menu.addItem({ command });
    }
  }
  return menu;
}
