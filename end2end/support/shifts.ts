// What moved on a page without anybody having done anything.
import type { Page } from '@playwright/test';

interface Shift extends PerformanceEntry {
  value: number;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}
type Watching = { shifted: { all(): string[] } };

/** Watches from the first paint on; before the page is opened. */
export async function watchShifts(page: Page) {
  await page.addInitScript(() => {
    const seen: string[] = [];
    const box = ({ x, y, width, height }: DOMRectReadOnly) =>
      [x, y, width, height].map((length) => length.toFixed(1)).join(' ');
    const name = (node: Node | null) => {
      const element = node instanceof Element ? node : node?.parentElement;
      return (element?.cloneNode() as Element | undefined)?.outerHTML ?? 'what is gone';
    };
    const keep = (entries: PerformanceEntryList) => {
      for (const { value, startTime, sources } of entries as Shift[]) {
        const moves = sources.map(
          ({ node, previousRect, currentRect }) =>
            `${name(node)} from ${box(previousRect)} to ${box(currentRect)}`,
        );
        seen.push(`${value} at ${Math.round(startTime)} ms: ${moves.join('; ')}`);
      }
    };
    const observer = new PerformanceObserver((list) => keep(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    const all = () => {
      keep(observer.takeRecords());
      return seen;
    };
    Object.assign(window, { shifted: { all } });
  });
}

/** Every shift until now: how much, when, and what moved. */
export function shifts(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as Watching).shifted.all());
}
