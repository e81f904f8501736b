import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { SidePanel } from '@jupyterlab/ui-components';
import type { AccordionPanel } from '@lumino/widgets';
import type { IconName } from '@mlnb/ui/lib/components/Icon';
import type { ComponentType } from 'react';
import { CommandIDs } from '../commandIds';
import { labIcon } from '../icons';
import type { IMlnbHost } from '../tokens';
import { LazyView } from './lazyView';

/** Where the commands of mlnb stand in the palette. */
export function paletteCategory(host: IMlnbHost): string {
  return host.trans.__('Machine Learning');
}

export interface ISectionOptions {
  id: string;
  title: string;
  /** Called when the section is first seen. */
  load: () => Promise<ComponentType<object>>;
  /** Share of the height among the open sections, 1 by default. */
  weight?: number;
  /** Folded until it is opened by hand. */
  closed?: boolean;
}

export interface IPanelOptions {
  /** `catalog`, `experiments`, …: the panel's id is `mlnb-<name>`. */
  name: string;
  icon: IconName;
  /** Tooltip of the sidebar, its menu text in Notebook 7, and the region's name. */
  caption: string;
  rank: number;
  sections: readonly ISectionOptions[];
}

/** What every panel plugin has at hand. */
export interface IPanelContext {
  app: JupyterFrontEnd;
  host: IMlnbHost;
  restorer: ILayoutRestorer | null;
  palette: ICommandPalette | null;
}

/** A side panel of collapsible sections, added to the left area; nothing is loaded before it is seen. */
export function addPanel(
  context: IPanelContext,
  options: IPanelOptions
): SidePanel {
  const { app, host, restorer, palette } = context;
  const panel = new SidePanel({});
  panel.id = `mlnb-${options.name}`;
  panel.addClass('jp-mlnb-SidePanel');
  panel.title.icon = labIcon(options.icon);
  panel.title.caption = options.caption;
  panel.node.setAttribute('role', 'region');
  panel.node.setAttribute('aria-label', options.caption);
  for (const section of options.sections) {
    const view = new LazyView({
      host,
      kind: 'section',
      props: {},
      load: section.load
    });
    view.id = `mlnb-${options.name}-${section.id}`;
    view.title.label = section.title;
    panel.addWidget(view);
  }
  const content = panel.content as AccordionPanel;
  options.sections.forEach((section, index) => {
    if (section.closed) {
      content.collapse(index);
    }
  });
  const share = (): void =>
    content.setRelativeSizes(
      options.sections.map(({ weight = 1 }, index) =>
        content.widgets[index].isHidden ? 0 : weight
      )
    );
  share();
  // A section that was folded from the start has no height yet when it is first opened.
  const unseen = new Set(
    options.sections.flatMap(({ closed }, index) => (closed ? [index] : []))
  );
  content.expansionToggled.connect((_, index) => {
    if (!content.widgets[index].isHidden && unseen.delete(index)) {
      share();
    }
  });
  app.shell.add(panel, 'left', { rank: options.rank });
  restorer?.add(panel, panel.id);
  palette?.addItem({
    command: CommandIDs.showPanel,
    category: paletteCategory(host),
    args: { panel: options.name, caption: options.caption }
  });
  return panel;
}
