/** The sum of a metric over all its labels that contain `label`. */
export function gauge(text: string, name: string, label = ''): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const [, labels = '', value] = new RegExp(`^${name}(\\{.*\\})? (\\S+)$`).exec(line) ?? [];
    if (value !== undefined && labels.includes(label)) sum += Number(value);
  }
  return sum;
}
