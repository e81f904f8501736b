import type { IEndpoint } from '../api/types.registry';

type Inputs = IEndpoint['inputs'];

const NUMBERS = /^(integer|long|float|double|int|bigint)/;

/** The example's first row as texts for the form's fields. */
export function exampleRow(endpoint: IEndpoint): Record<string, string> {
  const example = endpoint.example?.dataframe_split;
  if (!example || example.data.length === 0) {
    return {};
  }
  const [values] = example.data;
  return Object.fromEntries(
    example.columns.map((name, i) => [name, textOf(values[i])])
  );
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * The row as the request carries it: numbers as numbers where they are some, empty optional fields
 * left out. What is wrong is sent as it is, for the endpoint to name.
 */
export function parseRow(
  row: Readonly<Record<string, string>>,
  inputs: Inputs
): Record<string, unknown> {
  const parsed: Record<string, unknown> = {};
  for (const input of inputs) {
    const text = row[input.name] ?? '';
    if (text === '') {
      continue;
    }
    parsed[input.name] = parseValue(text, input.type);
  }
  return parsed;
}

function parseValue(text: string, type: string): unknown {
  if (NUMBERS.test(type)) {
    const value = Number(text);
    return Number.isNaN(value) ? text : value;
  }
  if (type === 'boolean') {
    return text === 'true' ? true : text === 'false' ? false : text;
  }
  return text;
}
