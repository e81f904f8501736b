import { LabIcon } from '@jupyterlab/ui-components';
import { iconSvg } from '@mlnb/ui/lib/components/Icon';
import type { IconName } from '@mlnb/ui/lib/components/Icon';

const made = new Map<IconName, LabIcon>();

/** One of our icons, for a tab, a sidebar or a command. */
export function labIcon(name: IconName): LabIcon {
  let icon = made.get(name);
  if (!icon) {
    icon = new LabIcon({ name: `mlnb:${name}`, svgstr: iconSvg(name) });
    made.set(name, icon);
  }
  return icon;
}
