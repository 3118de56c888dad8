/** Resolves as soon as `look` answers something; rejects with `what` after `withinMs`. */
export async function until<T>(what: string, look: () => T | null | undefined | false, withinMs = 8000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
