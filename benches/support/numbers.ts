/** Medians and tables. */

export const median = (values: number[]): number => percentile(values, 50)

export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = ((sorted.length - 1) * percent) / 100
  const [below, above] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return below + (above - below) * (at - Math.floor(at))
}

/** Three digits that say something: 12 345 as 12300 would be wrong, so whole numbers stay whole. */
export function digits(value: number): string {
  if (Number.isNaN(value)) return '–'
  if (value >= 100) return Math.round(value).toString()
  return value.toFixed(value >= 10 ? 1 : 2)
}

/** A table in Markdown, with its columns aligned so that it can be read as it is. The first column is text. */
export function table(heading: string[], rows: string[][]): string {
  const widths = heading.map((name, i) => Math.max(...[name, ...rows.map((row) => row[i] ?? '')].map((cell) => cell.length)))
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(heading), rule, ...rows.map(line)].join('\n')
}
