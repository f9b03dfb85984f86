// The first start without demo, the first steps, and the removal of demo data.
import type { Page } from '@playwright/test';
import { expect, hydrated, load, test, total, visit, PASSWORD } from './support/test.ts';
import { Server, type Place } from './support/server.ts';

const ORG = 'northwind-robotics';

/** The form's fields, filled in but for what a test leaves out. */
async function fill(page: Page, fields: Record<string, string> = {}) {
  const all: Record<string, string> = {
    name: 'Ada Admin',
    email: 'ada@northwind.example',
    password: PASSWORD,
    password_again: PASSWORD,
    organization: 'Northwind Robotics',
    zone: 'Asia/Tokyo',
    ...fields,
  };
  for (const [name, value] of Object.entries(all)) await page.locator(`#${name}`).fill(value);
}

async function submit(page: Page) {
  await page.getByTestId('setup-form').locator('button[type=submit]').click();
}

/** A server on a database without any organization. */
async function fresh(place: Place, work: (server: Server) => Promise<void>) {
  const server = await Server.serve(place);
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

test('a fresh server leads every page to its setup, and its console has the link', async ({
  page,
  place,
  request,
}) => {
  await fresh(place, async (server) => {
    for (const path of ['/', '/login', '/overview', '/me', '/admin/tokens', '/nowhere']) {
      const answer = await request.get(`${server.url}${path}`, { maxRedirects: 0 });
      expect([answer.status(), answer.headers()['location']], path).toEqual([303, '/setup']);
    }
    await visit(page, `${server.url}/`);
    await expect(page.getByTestId('setup-locked')).toContainText('begins with “setup:”');
    await expect(page.getByTestId('setup-form')).toHaveCount(0);
    // A wrong token opens nothing, neither here nor by a form of its own.
    await visit(page, `${server.url}/setup?token=wrong`);
    await expect(page.getByTestId('problem')).toContainText('not (or no longer)');
    const form = { token: 'wrong', name: 'Eve', email: 'eve@example.org' };
    const posted = await request.post(`${server.url}/setup`, { form, maxRedirects: 0 });
    expect(posted.status()).toBe(303);
    const link = await server.line('setup');
    expect(link).toMatch(new RegExp(`^${server.url}/setup\\?token=[0-9a-z]{52}$`));
    await visit(page, link);
    await expect(page.getByTestId('setup-form')).toBeVisible();
    const { stderr } = await server.stop();
    expect(stderr, 'the token stands in the log').not.toContain(link.split('=')[1]!);
  });
});

test('all errors are said at once and the input is kept; then it works and is over', async ({
  page,
  place,
  request,
}) => {
  await fresh(place, async (server) => {
    const link = await server.line('setup');
    await visit(page, link);
    await page.getByText('Short name', { exact: true }).click();
    const wrong = { email: 'ada@nowhere', password: 'short', zone: 'Mars/Base', slug: 'No Slug' };
    await fill(page, wrong);
    await submit(page);
    const problem = page.getByTestId('problem');
    await hydrated(page);
    await expect(problem).toBeFocused();
    await expect(problem.getByRole('listitem')).toHaveText([
      /not an e-mail address/,
      /at least 12 characters/,
      /two entries differ/,
      /lower-case letters/,
      /not a time zone/,
    ]);
    await expect(page.locator('#email')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.locator('#email')).toHaveValue('ada@nowhere');
    await expect(page.locator('#organization')).toHaveValue('Northwind Robotics');
    await expect(page.locator('#slug'), 'the details are open').toBeVisible();
    await expect(page.locator('#password')).toHaveValue('');

    await fill(page, { slug: '' });
    await submit(page);
    await page.waitForURL('**/overview');
    await hydrated(page);
    await expect(page.getByTestId('notice')).toContainText('you are signed in');
    await expect(page.getByTestId('checklist')).toBeVisible();
    await expect(page.getByTestId('range-line')).toContainText('Asia/Tokyo');
    await expect(page.getByTestId('demo')).toHaveCount(0);
    // The token is dead.
    expect((await request.get(link)).status()).toBe(404);
    expect((await request.get(`${server.url}/setup`)).status()).toBe(404);
    expect((await request.post(`${server.url}/setup`, { form: {} })).status()).toBe(404);
    const home = await request.get(`${server.url}/`, { maxRedirects: 0 });
    expect(home.headers()['location']).toBe('/login');
  });
});

test('a double click makes one organization and leads in; somebody else is too late', async ({
  place,
  playwright,
}) => {
  await fresh(place, async (server) => {
    const token = (await server.line('setup')).split('token=')[1]!;
    const form = {
      ...{ token, name: 'Ada', email: 'ada@a.example', organization: 'A', language: 'en' },
      ...{ password: PASSWORD, password_again: PASSWORD, zone: '', slug: '', unit: '' },
    };
    const [ada, eve] = [
      await playwright.request.newContext(),
      await playwright.request.newContext(),
    ];
    const url = `${server.url}/setup`;
    const twice = [1, 2].map(() => ada.post(url, { form, maxRedirects: 0 }));
    for (const answer of await Promise.all(twice)) {
      expect([answer.status(), answer.headers()['location']]).toEqual([303, '/overview']);
    }
    const late = await eve.post(url, { form: { ...form, email: 'eve@a.example' } });
    expect(await late.text()).toContain('somebody was faster');
    await ada.dispose();
    await eve.dispose();
  });
});

test('the first steps tick themselves', async ({ page, place, request }) => {
  await fresh(place, async (server) => {
    await visit(page, await server.line('setup'));
    await fill(page);
    await submit(page);
    await page.waitForURL('**/overview');
    await hydrated(page);
    const checklist = page.getByTestId('checklist');
    await expect(checklist.getByTestId('progress')).toHaveText('0 of 3 done');
    await expect(checklist.getByRole('link', { name: 'Make a key' })).toHaveAttribute(
      'href',
      '/admin/keys',
    );
    const curl = (await checklist.locator('pre').textContent()) ?? '';
    expect(curl).toContain(`"${server.url}/api/v1/events"`);

    await checklist.getByRole('link', { name: 'Record a purchase' }).click();
    await page.waitForURL('**/admin/tokens/new');
    await page.getByLabel('Create a team').fill('Research');
    await page.getByLabel('Amount in tokens').fill('1000');
    await page.getByRole('button', { name: 'Show what changes' }).click();
    await page.getByRole('button', { name: 'Record the purchase' }).click();
    await page.waitForURL('**/admin/tokens');
    await expect(page.getByTestId('notice')).toHaveText('Recorded: 1,000 tokens for Research.');

    const key = await place.createKey(ORG, 'first', 'ingest');
    await visit(page, `${server.url}/overview`);
    await expect(checklist.getByTestId('progress')).toHaveText('2 of 3 done');
    await expect(page.getByTestId('step-key')).toHaveAttribute('data-done', 'true');
    await expect(page.getByTestId('step-purchase')).toHaveAttribute('data-done', 'true');
    await expect(page.getByTestId('step-event')).toHaveAttribute('data-done', 'false');

    // What the page says, with the key in its place.
    const body = /-d '([^']+)'/.exec(curl)?.[1] ?? '';
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const sent = await request.post(`${server.url}/api/v1/events`, { headers, data: body });
    expect(await sent.json()).toMatchObject({ results: [{ status: 'accepted' }] });
    await visit(page, `${server.url}/overview?metric=events`);
    await expect(checklist).toHaveCount(0);
    expect(await total(page)).toBe(1_000_000n);
  });
});

test('who cannot take the first steps does not see them', async ({ page, place, request }) => {
  await load(place, 'plain', { name: 'plain', lots: [] });
  await place.createUser('plain', 'mo@plain.example', 'Mo', 'manager', PASSWORD);
  await fresh(place, async (server) => {
    const form = { email: 'mo@plain.example', password: PASSWORD, next: '/overview' };
    await page.request.post(`${server.url}/login`, { form });
    await visit(page, `${server.url}/overview`);
    await expect(page.getByTestId('checklist')).toHaveCount(0);
    await expect(page.getByTestId('empty-ingested')).toBeVisible();
    // `user create` is a first start, too.
    expect((await request.get(`${server.url}/setup`)).status()).toBe(404);
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('with demo data, which one click removes', async ({ page, place, watch }) => {
    watch.expect(/status of 404/);
    await fresh(place, async (server) => {
      await page.goto(await server.line('setup'));
      await fill(page, { password_again: 'another one entirely' });
      await page.getByLabel('Fill it with demo data').check();
      await submit(page);
      await expect(page.getByRole('alert')).toContainText('The two entries differ.');
      await expect(page.getByLabel('Fill it with demo data')).toBeChecked();
      await fill(page);
      await submit(page);
      await page.waitForURL('**/overview');
      const row = (name: string) =>
        page.locator('#demo-contents tr', { hasText: name }).locator('td');
      // It may still be made behind the page.
      await expect(async () => {
        await page.goto(`${server.url}/admin/demo`);
        await expect(row('Usage events')).toHaveText('5,000', { timeout: 500 });
      }).toPass({ timeout: 60_000 });
      await page.goto(`${server.url}/overview`);
      await expect(page.getByTestId('team-card')).toHaveCount(4);
      expect(await page.locator('#by-api tbody tr').count()).toBeGreaterThan(3);
      await expect(page.getByTestId('demo')).toContainText('invented');
      await page.goto(`${server.url}/admin/tokens`);
      await expect(page.getByTestId('demo')).toContainText('invented');
      expect(await page.locator('#purchases tbody tr').count()).toBeGreaterThan(8);

      await page.getByTestId('demo').getByRole('link', { name: 'Remove demo data' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Remove demo data');
      await expect(row('Teams')).toHaveText('4');
      await expect(row('People')).toHaveText('39');
      await expect(page.getByTestId('stays')).toContainText('Your account');
      await page.getByRole('button', { name: 'Remove demo data' }).click();
      await page.waitForURL('**/overview');
      await expect(page.getByTestId('notice')).toContainText('The demo data is gone');
      await expect(page.getByTestId('progress')).toHaveText('0 of 3 done');
      await expect(page.getByTestId('demo')).toHaveCount(0);
      await expect(page.getByTestId('team-card')).toHaveCount(0);
      expect((await page.goto(`${server.url}/admin/demo`))?.status()).toBe(404);
    });
  });
});

test('in Japanese, for the browser before and for the account after', async ({ open, place }) => {
  await fresh(place, async (server) => {
    const context = await open({ locale: 'ja-JP' });
    const page = await context.newPage();
    await visit(page, await server.line('setup'));
    await expect(page.locator('html')).toHaveAttribute('lang', 'ja');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tokenscope の初期設定');
    await expect(page.locator('#language')).toHaveValue('ja');
    await fill(page, { organization: '株式会社ノース', unit: 'クレジット' });
    await submit(page);
    await page.waitForURL('**/overview');
    await expect(page.getByTestId('notice')).toContainText('サインインしました');
    await expect(page.getByTestId('progress')).toHaveText('3件中0件完了');
    // The account's language stays, whatever the browser asks for.
    const english = await open({ storageState: await context.storageState(), locale: 'en-US' });
    const again = await english.newPage();
    await visit(again, `${server.url}/admin/tokens/new`);
    await expect(again.getByLabel('数量（クレジット）')).toBeVisible();
  });
});
