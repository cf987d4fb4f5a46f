/** What some files have together. */
export function sum(all) {
  const add = (key) => all.reduce((total, sizes) => total + sizes[key], 0);
  return { raw: add('raw'), gzip: add('gzip'), brotli: add('brotli') };
}

/** A Markdown table whose columns also line up when it is read as plain text. */
export function table(head, rows) {
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const cell = (text, column) =>
    column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]);
  const line = (row) => `| ${row.map(cell).join(' | ')} |`;
  const rule = `| ${widths.map((w, i) => (i === 0 ? '-'.repeat(w) : `${'-'.repeat(w - 1)}:`)).join(' | ')} |`;
  return [line(all[0]), rule, ...all.slice(1).map(line)].join('\n');
}
