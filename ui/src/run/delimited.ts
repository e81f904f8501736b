/** Rows of delimited text, as far as they are wanted; quotes as in RFC 4180. */
export function parseDelimited(
  text: string,
  separator: string,
  limit: number
): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  const endRow = (): void => {
    row.push(cell);
    rows.push(row);
    [row, cell] = [[], ''];
  };
  for (let i = 0; i < text.length && rows.length < limit; i += 1) {
    const character = text[i];
    if (isQuoted) {
      if (character !== '"') {
        cell += character;
      } else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else {
        isQuoted = false;
      }
    } else if (character === '"' && cell === '') {
      isQuoted = true;
    } else if (character === separator) {
      row.push(cell);
      cell = '';
    } else if (character === '\n') {
      endRow();
    } else if (character !== '\r') {
      cell += character;
    }
  }
  if (rows.length < limit && (cell !== '' || row.length > 0)) {
    endRow();
  }
  return rows;
}
