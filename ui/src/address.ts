/**
 * Addresses of objects: `mlnb:<kind>/<encoded name>[/<encoded part>][?tab=…]`.
 *
 * An address is what links, the restorer and commands pass around. What stands before the question
 * mark says which object is meant (and so which document is already open); the query is only how it
 * is looked at.
 */

export interface IAddress {
  kind: string;
  name: string;
  part?: string;
  query: Readonly<Record<string, string>>;
}

const SCHEME = 'mlnb:';

export function formatAddress(
  kind: string,
  name: string,
  options: { part?: string; query?: Record<string, string | undefined> } = {}
): string {
  const parts = options.part === undefined ? [name] : [name, options.part];
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== '') {
      params.set(key, value);
    }
  }
  const query = params.toString();
  return (
    SCHEME +
    [kind, ...parts].map(encodeURIComponent).join('/') +
    (query ? `?${query}` : '')
  );
}

/** The parsed address, or null when the text is none. */
export function parseAddress(text: string): IAddress | null {
  if (!text.startsWith(SCHEME)) {
    return null;
  }
  const [object, query = ''] = text.slice(SCHEME.length).split(/\?(.*)/s);
  let parts: string[];
  try {
    parts = object.split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
  const [kind, name, part] = parts;
  if (!kind || !name || parts.length > 3) {
    return null;
  }
  return {
    kind,
    name,
    ...(part ? { part } : {}),
    query: Object.fromEntries(new URLSearchParams(query))
  };
}

/** The address without its query: equal for two views of one object. */
export function objectOf(address: IAddress): string {
  return formatAddress(address.kind, address.name, { part: address.part });
}

const KIND_OF_SUBJECT: Readonly<Record<string, string>> = {
  catalog: 'catalog',
  schema: 'schema',
  table: 'table',
  experiment: 'experiment',
  run: 'run',
  scope: 'scope',
  model: 'model',
  registered_model: 'model',
  model_version: 'version',
  endpoint: 'endpoint',
  monitor: 'monitor',
  job: 'job',
  job_run: 'job-run'
};

/** The address of what a journal subject such as `model_version:main.ml.churn/7` names. */
export function addressOfSubject(subject: string): string | null {
  const [, kind, name, part] =
    /^([^:]+):([^/]+)(?:\/(.+))?$/.exec(subject) ?? [];
  const target = kind && KIND_OF_SUBJECT[kind];
  return target ? formatAddress(target, name, { part }) : null;
}
