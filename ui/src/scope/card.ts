/** A scope card as plain values: reading and changing a part by its path, and what differs between two. */
import type { IScopeCard, ScopeCard } from '../api/types.scope';

type Part = string | number;

/** `metrics[0].min` as its parts. */
export function partsOf(path: string): Part[] {
  return path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .map(part => (/^\d+$/.test(part) ? Number(part) : part));
}

export function valueAt(card: unknown, path: string): unknown {
  return partsOf(path).reduce<unknown>(
    (value, part) =>
      value !== null && typeof value === 'object'
        ? (value as Record<Part, unknown>)[part]
        : undefined,
    card
  );
}

/** The card with a part changed; undefined takes the part out. The card itself stays as it is. */
export function withValue(
  card: ScopeCard,
  path: string,
  value: unknown
): ScopeCard {
  const change = (node: unknown, parts: Part[]): unknown => {
    const [part, ...rest] = parts;
    if (part === undefined) {
      return value;
    }
    if (typeof part === 'number') {
      const list = Array.isArray(node) ? [...(node as unknown[])] : [];
      list[part] = change(list[part], rest);
      return list;
    }
    const old = isMapping(node) ? node : {};
    const next = change(old[part], rest);
    const changed = { ...old, [part]: next };
    if (next === undefined) {
      delete changed[part];
    }
    return changed;
  };
  return change(card, partsOf(path)) as ScopeCard;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The card as it is sent: parts that are empty are left out. */
export function bodyOf(card: ScopeCard): ScopeCard {
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const list = value.map(clean).filter(one => one !== undefined);
      return list.length > 0 ? list : undefined;
    }
    if (isMapping(value)) {
      const entries = Object.entries(value)
        .map(([key, one]) => [key, clean(one)] as const)
        .filter(([, one]) => one !== undefined);
      return entries.length > 0 ? Object.fromEntries(entries) : undefined;
    }
    return value === null || value === '' ? undefined : value;
  };
  return (clean(card) ?? {}) as ScopeCard;
}

/** Every value of a card by its path. */
function flat(value: unknown, path = ''): [string, string][] {
  if (Array.isArray(value)) {
    return value.some(one => typeof one === 'object')
      ? value.flatMap((one, i) => {
          // A metric or a role is known by its name, wherever it stands.
          const item = isMapping(one) ? one : {};
          const key = item.name ?? item.role ?? i;
          return flat(one, `${path}[${String(key)}]`);
        })
      : [[path, value.join(', ')]];
  }
  if (isMapping(value)) {
    return Object.entries(value).flatMap(([key, one]) =>
      flat(one, path ? `${path}.${key}` : key)
    );
  }
  return value === null || value === undefined || isDefault(path, value)
    ? []
    : [[path, String(value)]];
}

/** What a part is when nobody wrote it. */
function isDefault(path: string, value: unknown): boolean {
  return (
    value === false ||
    (path.endsWith('.kind') && value === 'model') ||
    (path === 'explainability' && value === 'none')
  );
}

export interface IDifference {
  path: string;
  before?: string;
  after?: string;
}

export function differences(
  before: ScopeCard,
  after: ScopeCard
): IDifference[] {
  const [old, now] = [before, after].map(card => new Map(flat(bodyOf(card))));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap(path =>
    old.get(path) === now.get(path)
      ? []
      : [{ path, before: old.get(path), after: now.get(path) }]
  );
}

export interface IMetricGoal {
  name?: string;
  primary?: boolean;
  min?: number;
  max?: number;
}

export function metricsOf(card: ScopeCard): IMetricGoal[] {
  return Array.isArray(card.metrics) ? (card.metrics as IMetricGoal[]) : [];
}

/** The metric that decides. */
export function primaryOf(card: ScopeCard): IMetricGoal | undefined {
  const metrics = metricsOf(card);
  return metrics.find(one => one.primary) ?? metrics[0];
}

/** Roles that sign, and who may: as the card says, else its owner. */
export function rolesOf(card: ScopeCard): { role: string; who: string[] }[] {
  const signoff = isMapping(card.signoff) ? card.signoff : {};
  const roles = Array.isArray(signoff.roles)
    ? (signoff.roles as { role: string; who: string[] }[])
    : [];
  const approvers = Array.isArray(signoff.approvers)
    ? (signoff.approvers as string[])
    : [];
  const all = [
    ...roles,
    ...(approvers.length > 0 ? [{ role: 'approver', who: approvers }] : [])
  ];
  return all.length > 0
    ? all
    : [{ role: 'owner', who: card.owner ? [String(card.owner)] : [] }];
}

/** Roles whose approval of this version is not there. */
export function missingRoles(scope: IScopeCard): string[] {
  const signed = (scope.signatures ?? [])
    .filter(one => one.decision === 'approve')
    .map(one => one.role);
  return rolesOf(scope.card)
    .map(one => one.role)
    .filter(role => !signed.includes(role));
}

/** Text as the value it is meant to be: a number where it is one. */
export function numberOf(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') {
    return undefined;
  }
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

/** A class as it stands in the data: true, 1 or a text. */
export function classOf(text: string): boolean | number | string | undefined {
  const trimmed = text.trim();
  return /^(true|false)$/i.test(trimmed)
    ? trimmed.toLowerCase() === 'true'
    : numberOf(trimmed);
}

export function listOf(text: string): string[] | undefined {
  const items = text
    .split(/[,\n]/)
    .map(one => one.trim())
    .filter(Boolean);
  return items.length > 0 ? items : undefined;
}
