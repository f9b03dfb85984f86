// Balances over time: what the line, the lots and the statement say is what the interface for
// programs says, at any instant, with and without JavaScript.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { micro } from './support/amount.ts';
import { expect, load, rate, signIn, test, visit, PASSWORD } from './support/test.ts';
import { Place, Server } from './support/server.ts';

const ADMIN = { email: 'ada@time.example', password: PASSWORD };
const DEVELOPER = { email: 'dev@time.example', password: PASSWORD };
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const DAY = 24 * 3600 * 1000;

const ago = (days: number) => new Date(Date.now() - days * DAY).toISOString();

/** 100 tokens that expire after half of them were used, then debt, then 200 more. */
function books() {
  const lot = (id: string, tokens: string, from: number, to?: number) => ({
    id,
    team: 'alpha',
    kind: 'contract',
    tokens,
    effective: ago(from),
    ...(to === undefined ? {} : { expires: ago(to) }),
  });
  return {
    name: 'time',
    teams: { alpha: {}, beta: {} },
    rates: [rate('render', '1', '1')],
    apps: [{ client_id: 'robot', team: 'alpha', from: '2020-01-01T00:00:00Z' }],
    lots: [lot('first', '100', 60, 30), lot('second', '200', 10)],
  };
}

let place: Place;
let server: Server;
let key: string;
type State = Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>;
let admin: State;
let developer: State;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ playwright }) => {
  place = await Place.make();
  await load(place, 'time', books());
  await place.createUser('time', ADMIN.email, 'Ada', 'admin', PASSWORD);
  await place.createUser('time', DEVELOPER.email, 'Dev', 'developer', PASSWORD);
  key = await place.createKey('time', 'e2e', 'ingest,read');
  server = await Server.serve(place);
  const request = await playwright.request.newContext();
  const headers = { authorization: `Bearer ${key}` };
  const used = (id: number, days: number, quantity: number) => ({
    source: 'e2e',
    id: String(id),
    time: ago(days),
    client_id: 'robot',
    api: 'render',
    quantity,
  });
  const data = [used(1, 50, 50), used(2, 20, 30), ...range(28).map((n) => used(9 + n, 1 + n, 1))];
  const sent = await request.post(`${server.url}/api/v1/events`, { headers, data });
  expect((await sent.json()).results).toHaveLength(30);
  await request.dispose();
  const stateOf = async (account: typeof ADMIN) => {
    const own = await playwright.request.newContext();
    await signIn(own, server.url, account);
    const state = await own.storageState();
    await own.dispose();
    return state;
  };
  [admin, developer] = [await stateOf(ADMIN), await stateOf(DEVELOPER)];
});

test.afterAll(async () => {
  await server.stop();
  await place.remove();
});

function range(count: number): number[] {
  return [...Array(count).keys()];
}

async function as(page: Page, state: State) {
  await page.context().clearCookies();
  await page.context().addCookies(state.cookies);
}

/** The numbers of a row of the statement: available and uncharged. */
async function columns(page: Page): Promise<[bigint, bigint][]> {
  const rows = await page.locator('#statement tbody tr, #statement tfoot tr').all();
  return Promise.all(
    rows.map(async (row) => {
      const cells = (await row.locator('td.number').allTextContents()).slice(-2);
      const [available, debt] = cells.map((text) => (text === '–' ? 0n : micro(text)));
      return [available ?? 0n, debt ?? 0n];
    }),
  );
}

test('the page says what the interface says, and the statement adds up', async ({ page }) => {
  await as(page, admin);
  await visit(page, `${server.url}/balance`);
  await expect(page.locator('#balances tbody tr')).toHaveCount(2);
  await page.getByRole('link', { name: 'alpha' }).click();
  await page.waitForURL('**/balance/alpha');
  const headers = { authorization: `Bearer ${key}` };
  const answer = await page.request.get(`${server.url}/api/v1/balance?team=alpha`, { headers });
  const { balance } = (await answer.json()).items[0];
  // 200 that pay the 30 and all of the last 28 days that the first lot did not.
  expect(balance).toBe('142');
  const caption = page.getByTestId('balance-chart').locator('figcaption');
  await expect(caption).toContainText('The balance is 142 tokens. Runs out:');
  await expect(page.getByTestId('run-out')).toContainText(/\d{4}, in \d+ days/);
  await expect(page.locator('#lots tbody tr')).toHaveCount(2);
  await expect(page.locator('#events tbody tr')).toHaveCount(4);
  const all = await columns(page);
  const closing = all.pop()!;
  const sum = (n: 0 | 1) => all.reduce((total, row) => total + row[n], 0n);
  expect([sum(0), sum(1)]).toEqual(closing);
  expect(closing).toEqual([micro('142'), 0n]);
});

test('the line has its steps, its debt and what is expected', async ({ page }) => {
  await as(page, admin);
  await visit(page, `${server.url}/balance/alpha`);
  const drawing = page.locator('.plot__svg--wide');
  for (const part of ['line', 'debt', 'marks', 'expected']) {
    await expect(drawing.locator(`.${part} path`).first(), part).toBeVisible();
  }
  // An upright line has no width, which counts as hidden.
  await expect(drawing.locator('.today path')).toBeAttached();
  const legend = page.getByTestId('balance-legend');
  await expect(legend).toContainText('Uncharged');
  await page.getByText('Show the line as a table').click();
  const days = page.locator('#points tbody tr');
  expect(await days.count()).toBeGreaterThan(28);
  await expect(days.first().locator('td').first()).toHaveText('142');
  await page.getByTestId('stretches').getByRole('link', { name: '28 days' }).click();
  await page.waitForURL('**/balance/alpha?range=28d');
  await expect(days.first().locator('td').first()).toHaveText('142');
});

test('an earlier instant shows what was so then', async ({ page }) => {
  await as(page, admin);
  const at = new Date(Date.now() - 15 * DAY).toISOString().slice(0, 19);
  await visit(page, `${server.url}/balance/alpha`);
  await page.getByText('Look back').click();
  await page.getByLabel('As of').first().fill(at);
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL('**/balance/alpha?as_of=**');
  await expect(page.getByTestId('ledger-summary')).toContainText('Grace until');
  const caption = page.getByTestId('balance-chart').locator('figcaption');
  await expect(caption).toContainText('of usage are covered by no lot');
  // Nothing was known before it was recorded.
  await page.getByLabel('As it was known at').fill(at);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(caption).toContainText('The balance is 0 tokens');
  await page.getByRole('link', { name: 'Back to now' }).click();
  await page.waitForURL('**/balance/alpha');
  await expect(caption).toContainText('The balance is 142 tokens');
});

test('without JavaScript all of it works too', async ({ open }) => {
  const context = await open({ javaScriptEnabled: false, storageState: admin });
  const page = await context.newPage();
  await page.goto(`${server.url}/balance`);
  await page.getByRole('link', { name: 'alpha' }).click();
  await page.getByTestId('stretches').getByRole('link', { name: '12 months' }).click();
  await expect(page).toHaveURL(/\/balance\/alpha\?range=12m$/);
  await page.getByText('Look back').click();
  await page.getByLabel('As of').first().fill('2021-01-01T00:00:00');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/range=12m&as_of=2021-01-01T00%3A00/);
  await expect(page.getByTestId('seen-line')).toContainText('1 Jan 2021, 00:00');
  await expect(page.getByText('No tokens came or went')).toBeVisible();
});

test('who does not belong to the team does not find it', async ({ page, watch }) => {
  watch.expect(/status of 404/);
  await as(page, developer);
  await visit(page, `${server.url}/balance`);
  await expect(page.getByText('No team to show')).toBeVisible();
  await visit(page, `${server.url}/balance/alpha`, 404);
  await expect(page.locator('h1')).toHaveText('Page not found');
});

for (const scheme of ['light', 'dark'] as const) {
  for (const locale of ['en-US', 'ja-JP']) {
    test(`both pages are accessible, ${scheme}, ${locale}`, async ({ open }) => {
      const options = { colorScheme: scheme, locale, viewport: { width: 320, height: 800 } };
      const context = await open({ ...options, storageState: admin });
      const page = await context.newPage();
      for (const path of ['/balance', '/balance/alpha', '/balance/alpha?as_of=2021-01-01T00:00']) {
        await visit(page, server.url + path);
        const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map((n) => n.html)])).toEqual([]);
        const widths = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ]);
        expect(widths[0], path).toBeLessThanOrEqual(widths[1]!);
      }
    });
  }
}
