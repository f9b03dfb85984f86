// Purchases: what a confirmation says is what then is so, and nothing is recorded twice.
import type { Browser, Page } from '@playwright/test';
import {
  card,
  expect,
  hydrated,
  load,
  lot,
  onCard,
  rate,
  signIn,
  test,
  visit,
  PASSWORD,
} from './support/test.ts';
import { Place, Server } from './support/server.ts';

const ADMIN = { email: 'ada@buy.example', password: PASSWORD };

/** A team that owes 50 tokens, and one without usage. */
const BOOKS = {
  name: 'buy',
  rates: [rate('render', '1', '1')],
  apps: [{ client_id: 'robot', team: 'alpha', from: '2020-01-01T00:00:00Z' }],
  lots: [lot('alpha-1', 'alpha', '100'), lot('beta-1', 'beta', '10')],
};

let place: Place;
let server: Server;
let state: Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ playwright }) => {
  place = await Place.make();
  await load(place, 'buy', BOOKS);
  await place.createUser('buy', ADMIN.email, 'Ada', 'admin', PASSWORD);
  await place.createUser('buy', 'mo@buy.example', 'Mo', 'manager', PASSWORD);
  await place.createUser('buy', 'dev@buy.example', 'Dev', 'developer', PASSWORD);
  const key = await place.createKey('buy', 'e2e', 'ingest,read');
  server = await Server.serve(place);
  const request = await playwright.request.newContext();
  const headers = { authorization: `Bearer ${key}` };
  const time = new Date(Date.now() - 2 * 24 * 3600 * 1000).toISOString();
  const event = { source: 'e2e', id: '1', time, client_id: 'robot', api: 'render', quantity: 150 };
  const sent = await request.post(`${server.url}/api/v1/events`, { headers, data: event });
  expect(await sent.json()).toMatchObject({ results: [{ status: 'accepted' }] });
  await signIn(request, server.url, ADMIN);
  state = await request.storageState();
  await request.dispose();
});

test.afterAll(async () => {
  await server.stop();
  await place.remove();
});

async function asAdmin(page: Page) {
  await page.context().addCookies(state.cookies);
}

async function fill(page: Page, fields: Record<string, string>) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
}

function rows(page: Page) {
  return page.locator('#purchases tbody tr');
}

function change(page: Page, name: string) {
  return page.locator('#changes tbody tr', { hasText: name }).locator('td');
}

test('a purchase settles debt: it is said before and true afterwards', async ({ page }) => {
  await asAdmin(page);
  await visit(page, `${server.url}/admin/tokens`);
  await expect(rows(page)).toHaveCount(2);
  await page.getByRole('link', { name: 'Record a purchase' }).click();
  await page.waitForURL('**/admin/tokens/new');
  await page.getByLabel('Team').selectOption('alpha');
  await fill(page, { amount: '80', reference: 'PO-2026-17', unit_cost: '2.5', currency: 'eur' });
  await page.getByRole('button', { name: 'Show what changes' }).click();
  await page.waitForURL('**/admin/tokens/confirm?**');
  await hydrated(page);
  await expect(change(page, 'Balance')).toHaveText(['−50', '30']);
  await expect(change(page, 'Available')).toHaveText(['0', '30']);
  await expect(change(page, 'Uncharged')).toHaveText(['50', '0']);
  await expect(change(page, 'Access')).toHaveText([/^Grace until/, 'Full access']);
  const effects = page.getByTestId('effects');
  await expect(effects).toContainText('50 tokens of uncharged usage are settled.');
  await expect(effects).toContainText('Nothing stays uncharged.');
  await expect(effects).toContainText('These tokens expire on');
  await expect(page.getByTestId('burn-order').getByRole('listitem')).toHaveText([
    /Flex tokens: 30 tokens left, until .* this purchase/,
  ]);
  // Nothing is stored yet, and the way back keeps what was typed.
  await page.getByRole('link', { name: 'Change' }).click();
  await page.waitForURL('**/admin/tokens/new?**');
  await expect(page.locator('#reference')).toHaveValue('PO-2026-17');
  await expect(page.getByLabel('Team')).toHaveValue('alpha');
  await page.goBack();
  await page.waitForURL('**/admin/tokens/confirm?**');
  await hydrated(page);
  const confirmed = page.url();
  await page.getByRole('button', { name: 'Record the purchase' }).click();
  await page.waitForURL('**/admin/tokens');
  await hydrated(page);
  await expect(page.getByTestId('notice')).toHaveText('Recorded: 80 tokens for alpha.');
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).first().locator('th, td')).toHaveText(
    ['PO-2026-17', 'alpha', 'Flex tokens', '80', '30', /20\d\d/, /20\d\d/, 'Active'],
  );
  // Back and reload show that it is recorded, instead of asking again.
  await visit(page, confirmed);
  await expect(page.getByTestId('recorded-already')).toContainText('recorded already');
  await visit(page, `${server.url}/overview`);
  expect(await onCard(page, 'alpha', 'Balance')).toBe(30_000_000n);
  await expect(card(page, 'alpha')).toContainText('Full access');
});

test('sent twice it is recorded once', async ({ page }) => {
  await asAdmin(page);
  const query = 'team=beta&kind=promo&amount=5&effective=2026-01-01&reference=TWICE';
  await visit(page, `${server.url}/admin/tokens/confirm?${query}`);
  const fields = await page
    .getByTestId('confirm-form')
    .locator('input[type=hidden]')
    .evaluateAll((all) => all.map((i) => [(i as HTMLInputElement).name, (i as HTMLInputElement).value]));
  const form = Object.fromEntries(fields) as Record<string, string>;
  const url = `${server.url}/admin/tokens`;
  const clicks = [1, 2, 3].map(() => page.request.post(url, { form, maxRedirects: 0 }));
  for (const answer of await Promise.all(clicks)) {
    expect([answer.status(), answer.headers()['location']]).toEqual([303, '/admin/tokens']);
  }
  // Later, from a page that stayed open.
  await page.getByRole('button', { name: 'Record the purchase' }).click();
  await page.waitForURL('**/admin/tokens');
  await expect(rows(page).filter({ hasText: 'TWICE' })).toHaveCount(1);
  await expect(rows(page).filter({ hasText: 'TWICE' }).locator('td').nth(5)).toHaveText('Never');
});

test('what is wrong is said beside the fields, for the form and for a changed URL', async ({
  page,
}) => {
  await asAdmin(page);
  await visit(page, `${server.url}/admin/tokens/new`);
  await page.getByLabel('Team').selectOption('beta');
  await fill(page, { amount: '1,000', expires: '2020-01-01', currency: 'EUR' });
  await page.getByRole('button', { name: 'Show what changes' }).click();
  await page.waitForURL('**/admin/tokens/new?**');
  await hydrated(page);
  const problem = page.getByTestId('problem');
  await expect(problem.getByRole('listitem')).toHaveText([
    /amount above 0/,
    /later than the beginning/,
    /Fill this in/,
  ]);
  await expect(page.locator('#amount')).toHaveValue('1,000');
  await expect(page.locator('#expires')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Team')).toHaveValue('beta');
  // A URL that somebody changed, or whose team is gone, leads to the form.
  const bad = 'team=gamma&kind=flex&amount=5&effective=2026-01-01';
  await visit(page, `${server.url}/admin/tokens/confirm?${bad}`);
  await expect(problem).toContainText('There is no such thing.');
  await expect(page.getByTestId('purchase-form')).toBeVisible();
  await expect(page.locator('#amount')).toHaveValue('5');
  await visit(page, `${server.url}/admin/tokens/confirm`);
  await expect(problem.getByRole('listitem')).toHaveCount(4);
  await visit(page, `${server.url}/admin/tokens`);
  await expect(rows(page)).toHaveCount(4);
});

test('managers read, developers are told who can give the right', async ({ page, watch }) => {
  watch.expect(/status of 403/);
  const pages = ['/admin/tokens', '/admin/tokens/new', '/admin/tokens/confirm', '/admin/demo'];
  const opened = async (name: string) => {
    await page.context().clearCookies();
    await signIn(page.request, server.url, { email: `${name}@buy.example`, password: PASSWORD });
    const statuses = [];
    for (const path of pages) statuses.push((await page.goto(`${server.url}${path}`))?.status());
    return statuses;
  };
  expect(await opened('mo')).toEqual([200, 403, 403, 403]);
  await visit(page, `${server.url}/admin/tokens`);
  await expect(rows(page)).toHaveCount(4);
  await expect(page.getByRole('link', { name: 'Record a purchase' })).toHaveCount(0);
  expect(await opened('dev')).toEqual([403, 403, 403, 403]);
  await expect(page.getByTestId('empty-denied')).toContainText('an admin of the organization');
  const form = { team: 'beta', kind: 'flex', amount: '5', effective: '2026-01-01', id: 'x' };
  const posted = await page.request.post(`${server.url}/admin/tokens`, { form });
  expect(posted.status()).toBe(403);
});

test('without JavaScript, with many purchases', async ({ browser }: { browser: Browser }) => {
  const many = Array.from({ length: 30 }, (_, n) => lot(`bulk-${n}`, 'beta', '1'));
  await load(place, 'buy', { name: 'bulk', lots: many });
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: state });
  const page = await context.newPage();
  await page.goto(`${server.url}/admin/tokens`);
  await expect(rows(page)).toHaveCount(25);
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/\/admin\/tokens\?page=2$/);
  await expect(rows(page)).toHaveCount(9);
  await expect(page.getByText('Page 2 of 2')).toBeVisible();
  await page.getByRole('link', { name: 'Newer' }).click();
  await page.getByRole('link', { name: 'Record a purchase' }).click();
  await page.getByLabel('Team').selectOption('beta');
  await page.locator('#amount').fill('7.5');
  await page.getByText('Cloud credits', { exact: true }).click();
  await page.getByRole('button', { name: 'Show what changes' }).click();
  await expect(page.getByTestId('effects')).toContainText('no uncharged usage to settle');
  await expect(page.getByTestId('burn-order').getByRole('listitem').first()).toContainText(
    'this purchase',
  );
  await page.getByRole('button', { name: 'Record the purchase' }).click();
  await expect(page.getByTestId('notice')).toHaveText('Recorded: 7.5 tokens for beta.');
  await context.close();
});
