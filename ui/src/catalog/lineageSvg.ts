/** The lineage graph as a picture of its own, in the colours of the page. */
import type { ITrans } from '../host';
import type { ILayout } from '../graph/types';
import { linesOf, namesOf, portOf, sizeOf } from './lineageGraph';
import type { IMerged } from './lineageGraph';

function escaped(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

export function lineageSvg(
  merged: IMerged,
  columns: ReadonlyMap<string, readonly string[]>,
  layout: ILayout,
  focus: string,
  trans: ITrans
): string {
  const style = getComputedStyle(document.body);
  const color = (name: string): string =>
    escaped(style.getPropertyValue(name).trim() || 'gray');
  const paper = color('--jp-layout-color1');
  const [text, faint] = [
    color('--jp-ui-font-color1'),
    color('--jp-ui-font-color2')
  ];
  const [border, accent] = [
    color('--jp-border-color1'),
    color('--jp-brand-color1')
  ];
  const lines = linesOf(merged, columns, layout).map(
    ({ path }) =>
      `<path d="${path}" fill="none" stroke="${border}" stroke-width="1.5"/>`
  );
  const boxes = merged.nodes.map(node => {
    const place = layout.places.get(node.id);
    if (!place) {
      return '';
    }
    const shown = columns.get(node.id) ?? [];
    const { width, height } = sizeOf(shown);
    const { head, tail } = namesOf(node, trans);
    const rows = shown.map(
      name =>
        `<text x="12" y="${portOf(shown, name) + 4}" font-size="12" fill="${text}">${escaped(cut(name, 30))}</text>`
    );
    return (
      `<g transform="translate(${place.x} ${place.y})">` +
      `<rect width="${width}" height="${height}" rx="4" fill="${paper}" stroke="${node.id === focus ? accent : border}" stroke-width="${node.id === focus ? 2 : 1}"/>` +
      `<text x="12" y="17" font-size="10" fill="${faint}">${escaped(cut(head || node.kind, 36))}</text>` +
      `<text x="12" y="33" font-size="13" font-weight="600" fill="${text}">${escaped(cut(tail, 28))}</text>` +
      rows.join('') +
      '</g>'
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${layout.width}" height="${layout.height}" font-family="sans-serif">` +
    `<rect width="100%" height="100%" fill="${paper}"/>` +
    lines.join('') +
    boxes.join('') +
    '</svg>'
  );
}
