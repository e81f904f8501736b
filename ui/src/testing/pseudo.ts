/** Texts as no language writes them: what a page shows outside the marks was never given to be translated. */
import type { ITrans } from '../host';
import { plainTrans } from './fakeHost';

export const pseudoTrans: ITrans = {
  __: (message, ...args) => `⟦${plainTrans.__(message, ...args)}⟧`,
  _n: (one, many, count, ...args) =>
    `⟦${plainTrans._n(one, many, count, ...args)}⟧`
};

const SAID = [
  'aria-label',
  'aria-roledescription',
  'aria-valuetext',
  'alt',
  'placeholder',
  'title'
];

/** Every text that a reader sees or hears, in the order of the page. */
export function textsOf(root: Element): string[] {
  const walker = document.createTreeWalker(
    root,
    NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT
  );
  const texts: string[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Element) {
      texts.push(...SAID.map(name => node.getAttribute(name) ?? ''));
    } else if (!node.parentElement?.closest('style, script')) {
      texts.push(node.textContent ?? '');
    }
  }
  return texts.filter(text => text.trim() !== '');
}

/** What stands outside all marks, also where translated texts stand within each other. */
function outside(text: string): string {
  let rest = text;
  for (let before = ''; rest !== before;) {
    before = rest;
    rest = rest.replace(/⟦[^⟦⟧]*⟧/g, ' ');
  }
  return rest;
}

/** Units, and the words that the browser itself writes times and numbers with. */
const WRITTEN =
  /\b(ms|s|min|h|B|kB|MB|GB|AM|PM|NaN|Infinity|E|K|M|[A-Z][a-z]{2}|now|yesterday|tomorrow|last|next|ago|in|(second|minute|hour|day|week|month|year)s?)\b/g;

/** The texts of a page that are neither translated nor data. */
export function untranslated(
  root: Element,
  data: readonly unknown[]
): string[] {
  const known = [...stringsOf(data)].sort((a, b) => b.length - a.length);
  const found = textsOf(root).filter(text => {
    let rest = outside(text).trim();
    const start = rest.replace(/…$/, '');
    const isCut = (one: string): boolean =>
      one.startsWith(start) || (start.length > 20 && one.includes(start));
    if (known.some(isCut)) {
      return false;
    }
    for (const one of known.filter(part => rest.includes(part))) {
      rest = rest.replace(
        new RegExp(`(?<!\\p{L})${escaped(one)}(?!\\p{L})`, 'gu'),
        ' '
      );
    }
    return /\p{L}/u.test(rest.replace(WRITTEN, ' '));
  });
  return [...new Set(found)];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** What is named by its key, not by a value. */
const NAMED = new Set([
  'metrics',
  'params',
  'tags',
  'system_metrics',
  'intervals',
  'environment'
]);

/** All texts within values, whole and in their parts, with the names of what was logged. */
function stringsOf(
  value: unknown,
  isNamed = false,
  found = new Set<string>()
): Set<string> {
  if (typeof value === 'string') {
    // Long names may be broken behind a low line.
    const words = value.match(/[^_\s]+_?/g) ?? [];
    [value, ...value.split('\n'), ...value.split(/[./@]/), ...words]
      .map(part => part.trim())
      .filter(part => part !== '')
      .forEach(part => found.add(part));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      if (isNamed) {
        stringsOf(key, false, found);
      }
      stringsOf(one, NAMED.has(key), found);
    }
  }
  return found;
}
