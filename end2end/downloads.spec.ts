import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { micro } from './support/amount.ts';
import { demoTest as test, expect, signIn, test as plain, total, visit } from './support/test.ts';

/** The rows of a CSV file without line breaks inside cells. */
function rows(text: string): Record<string, string>[] {
  const [head, ...lines] = text.trimEnd().split('\n').map(cells);
  return lines.map((line) => Object.fromEntries(head!.map((name, i) => [name, line[i] ?? ''])));
}

function cells(line: string): string[] {
  const found = line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|\r?$)/g);
  const plain = (cell: string) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
  return [...found].map((match) => plain(match[1] ?? ''));
}

async function saved(page: Page, name: string): Promise<{ name: string; text: string }> {
  const waiting = page.waitForEvent('download');
  await page.getByTestId('downloads').getByRole('link', { name, exact: true }).click();
  const download = await waiting;
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('the CSV of the view adds up to its total', async ({ page }) => {
  await visit(page, '/overview?range=7d');
  const sum = await total(page);
  const { name, text } = await saved(page, 'CSV');
  expect(name).toMatch(/^overview_\d{4}-\d{2}-\d{2}_\d{4}-\d{2}-\d{2}\.csv$/);
  const found = rows(text);
  expect(found.map((row) => micro(row['tokens']!)).reduce((a, b) => a + b, 0n)).toBe(sum);
  expect(new Set(found.map((row) => row['date'])).size).toBe(7);
  const apis = await page.locator('#by-api tbody tr').count();
  expect(found).toHaveLength(7 * apis);
  expect(found.filter((row) => row['in_progress'] === 'true')).toHaveLength(apis);
  for (const row of found) {
    expect(Date.parse(row['from']!), row['from']).toBe(Date.parse(row['from_utc']!));
    expect(row['from']).toMatch(/[+-]\d{2}:\d{2}$/);
    expect(row['from_utc']).toMatch(/Z$/);
  }
});

test('the JSON of the view holds the same numbers as exact strings', async ({ page }) => {
  await visit(page, '/overview?range=7d');
  const sum = await total(page);
  const { text } = await saved(page, 'JSON');
  const view = JSON.parse(text) as {
    total: string;
    columns: unknown[];
    series: { tokens: string[]; events: number[] }[];
  };
  expect(micro(view.total)).toBe(sum);
  const tokens = view.series.flatMap((series) => series.tokens);
  expect(tokens.map(micro).reduce((a, b) => a + b, 0n)).toBe(sum);
  for (const series of view.series) expect(series.tokens).toHaveLength(view.columns.length);
});

test('the SVG of the view is a picture by itself', async ({ page }) => {
  await visit(page, '/overview');
  const caption = await page.getByTestId('chart').locator('figcaption').textContent();
  const { name, text } = await saved(page, 'SVG');
  expect(name).toMatch(/^overview_.*\.svg$/);
  const seen = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    const root = parsed.documentElement;
    const words = [...root.querySelectorAll('text')].map((node) => node.textContent ?? '');
    const broken = parsed.querySelector('parsererror')?.textContent ?? null;
    const title = root.querySelector('title')?.textContent;
    return { broken, name: root.localName, space: root.namespaceURI, title, words };
  }, text);
  expect(seen).toMatchObject({ broken: null, name: 'svg', title: caption });
  expect(seen.space).toBe('http://www.w3.org/2000/svg');
  expect(seen.words).toContain('Usage by API');
  const legend = page.getByTestId('legend').locator('li');
  for (const item of await legend.allTextContents()) expect(seen.words).toContain(item);
});

test('one’s own view is a file too', async ({ page }) => {
  const answer = await page.request.get('/me.csv?range=90d');
  expect(answer.status()).toBe(200);
  expect(answer.headers()['content-type']).toBe('text/csv; charset=utf-8');
  expect(answer.headers()['content-disposition']).toMatch(/filename="me_/);
});

test('what is not understood falls back as on the page', async ({ page }) => {
  const answer = await page.request.get('/overview.json?range=fortnight&colour=blue');
  expect(answer.status()).toBe(200);
  expect(((await answer.json()) as { columns: unknown[] }).columns).toHaveLength(28);
  expect((await page.request.get('/overview.png')).status()).toBe(404);
});

plain('a file takes the same rights as its page', async ({ playwright, books }) => {
  const request = await playwright.request.newContext({ baseURL: books.url });
  const stranger = await request.get('/overview.csv?range=7d', { maxRedirects: 0 });
  expect(stranger.status()).toBe(303);
  expect(stranger.headers()['location']).toBe('/login?next=/overview.csv%3Frange%3D7d');
  await signIn(request, books.url, books.developer);
  for (const ending of ['csv', 'json', 'svg']) {
    expect((await request.get(`/overview.${ending}`)).status(), ending).toBe(403);
    expect((await request.get(`/me.${ending}`)).status(), ending).toBe(200);
  }
  await request.dispose();
});
