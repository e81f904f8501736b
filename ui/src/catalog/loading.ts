/** The code that loads a table, as it is put into a notebook. */
import type { ICellSource } from '../host';

export type InsertAs = 'pandas' | 'sql';

/** Words that Python would not take as a variable's name. */
const RESERVED = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' '
  )
);

/** A variable's name from a table's: letters, digits and underscores. */
export function variableOf(name: string): string {
  const last = name.split('.').pop() ?? name;
  const plain = last
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const safe = /^[A-Za-z_]/.test(plain) ? plain : `table_${plain}`;
  return RESERVED.has(safe) ? `${safe}_` : safe;
}

/** The name as SQL takes it: parts with other characters are quoted. */
export function quoteName(name: string): string {
  return name
    .split('.')
    .map(part =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(part)
        ? part
        : `\`${part.replace(/`/g, '``')}\``
    )
    .join('.');
}

export function loadingCell(
  name: string,
  as: InsertAs = 'pandas',
  version?: number
): ICellSource {
  if (as === 'sql') {
    const at = version === undefined ? '' : ` VERSION AS OF ${version}`;
    return {
      cell_type: 'code',
      source: `%%sql\nSELECT *\nFROM ${quoteName(name)}${at}\nLIMIT 100`
    };
  }
  const variable = variableOf(name);
  const at = version === undefined ? '' : `, version=${version}`;
  return {
    cell_type: 'code',
    source: `import mlnb\n\nws = mlnb.workspace()\n${variable} = ws.catalog.read(${JSON.stringify(name)}${at})\n${variable}.head()`
  };
}

/** A cell that runs a query; its rows become a frame named after the table. */
export function queryCell(
  name: string,
  sql: string,
  as: InsertAs = 'pandas'
): ICellSource {
  if (as === 'sql') {
    return { cell_type: 'code', source: `%%sql\n${sql}` };
  }
  const variable = variableOf(name);
  // Three quotes read well; a text that they or a backslash would change is written as one line.
  const text = /"""|\\|"$/.test(sql) ? JSON.stringify(sql) : `"""\n${sql}\n"""`;
  return {
    cell_type: 'code',
    source: `import mlnb\n\nws = mlnb.workspace()\n${variable} = ws.sql(${text}).to_pandas()\n${variable}.head()`
  };
}
