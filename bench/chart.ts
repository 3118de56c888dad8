export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Ours. */
  readonly strong: boolean;
}

export interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABEL = 230;
const BAR = 16;
const GAP = 4;
const TITLE = 24;
const MARGIN = 12;
const PLOT = WIDTH - LABEL - 110;

/** Horizontal bars in groups, each group on a scale of its own. An image that needs no fonts and no script. */
export function barChart(title: string, unit: string, groups: readonly Group[]): string {
  const parts: string[] = [];
  let y = MARGIN + 18;
  parts.push(text(MARGIN, y, `${title} (${unit}; less is better)`, 'font-weight="bold" font-size="14"'));
  y += 10;
  for (const group of groups) {
    y += TITLE;
    parts.push(text(MARGIN, y - 6, group.title, 'font-size="12"'));
    const most = Math.max(...group.bars.map((bar) => bar.value));
    for (const bar of group.bars) {
      const width = Math.max(1, (bar.value / most) * PLOT);
      const fill = bar.strong ? '#d97706' : '#9ca3af';
      parts.push(text(LABEL - 8, y + 12, bar.label, 'font-size="11" text-anchor="end"'));
      parts.push(`<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${fill}"/>`);
      parts.push(text(LABEL + width + 6, y + 12, round(bar.value), 'font-size="11"'));
      y += BAR + GAP;
    }
  }
  const height = y + MARGIN;
  const background = `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return `${head} font-family="sans-serif" fill="#111827" role="img">\n${[background, ...parts].join('\n')}\n</svg>\n`;
}

const round = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));

function text(x: number, y: number, content: string, attributes: string): string {
  const safe = content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${safe}</text>`;
}
