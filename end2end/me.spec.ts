import {
  choice,
  exact,
  expect,
  load,
  onCard,
  signIn,
  test,
  total,
  visit,
  PASSWORD,
} from './support/test.ts';
import { Server } from './support/server.ts';

test.use({ baseURL: async ({ books }, use) => use(books.url) });

test('a developer sees his own usage, and only that', async ({ page, books, request }) => {
  const mine = { api: 'render', quantity: '9', user: books.developer.email.toUpperCase() };
  const other = { api: 'render', quantity: '100', user: 'someone@else.example' };
  const events = [
    { source: 'me', id: '1', client_id: 'robot', ...mine },
    { source: 'me', id: '2', client_id: 'printer', ...mine, status: 'failed' },
    { source: 'me', id: '3', client_id: 'robot', ...other },
  ].map((event) => ({ time: new Date(Date.now() - 1000).toISOString(), ...event }));
  const headers = { authorization: `Bearer ${books.key}` };
  const answer = await request.post('/api/v1/events', { headers, data: events });
  expect(await answer.json()).toMatchObject({
    results: [{ status: 'accepted', charge: '4.5' }, { status: 'accepted' }, { charge: '50' }],
  });

  await signIn(page.request, books.url, books.developer);
  await visit(page, '/me');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My usage');
  expect(await total(page)).toBe(4_500_000n);
  const recent = page.locator('#recent tbody tr');
  await expect(recent).toHaveCount(2);
  await expect(recent.filter({ hasText: 'Failed' })).toHaveCount(1);
  await expect(page.locator('#by-app-and-api tbody')).toContainText('4.5');
  await expect(page.getByText('someone@else.example')).toHaveCount(0);
  await expect(page.getByTestId('top-api')).toContainText('Top API: render 100 %');
  await expect(page.getByTestId('freshness')).toContainText('just now');
  await choice(page, 'metrics', 'Events').click();
  await expect(page).toHaveURL(/metric=events/);
  await expect.poll(() => total(page)).toBe(2_000_000n);
});

test('a developer may not see the overview, and is told who can grant it', async ({
  page,
  books,
  watch,
}) => {
  watch.expect(/status of 403/);
  await signIn(page.request, books.url, books.developer);
  await visit(page, '/overview', 403);
  const denied = page.getByTestId('empty-denied');
  await expect(denied).toContainText('You may not see this page');
  await expect(denied).toContainText('admin');
  await expect(page.getByTestId('team-card')).toHaveCount(0);
  const nav = page.getByRole('navigation', { name: 'Main' });
  await expect(nav.getByText('Overview')).toHaveCount(0);
  await expect(page.getByTestId('controls'), 'nothing to control').toHaveCount(0);
  await denied.getByRole('link', { name: 'Go to my usage' }).click();
  await expect(page).toHaveURL(/\/me$/);
});

test('nor through the server function behind it', async ({ page, books }) => {
  const asked: { url: string; body: string | null; type: string | undefined }[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/_call/overview')) {
      const type = request.headers()['content-type'];
      asked.push({ url: request.url(), body: request.postData(), type });
    }
  });
  await signIn(page.request, books.url, books.admin);
  await visit(page, '/overview');
  await choice(page, 'ranges', '7 days').click();
  await expect(page).toHaveURL(/range=7d/);
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  const { url, body, type } = asked[0]!;
  const ask = () => {
    const headers = type ? { 'content-type': type } : {};
    return body === null
      ? page.request.get(url, { maxRedirects: 0 })
      : page.request.post(url, { headers, data: body, maxRedirects: 0 });
  };
  expect((await ask()).status()).toBe(200);
  await page.context().clearCookies();
  expect((await ask()).status()).toBe(401);
  await signIn(page.request, books.url, books.developer);
  expect((await ask()).status()).toBe(403);
});

test('the start page follows the role', async ({ open, books }) => {
  for (const [account, home] of [
    [books.developer, '/me'],
    [books.manager, '/overview'],
    [books.admin, '/overview'],
  ] as const) {
    const context = await open({ baseURL: books.url });
    await signIn(context.request, books.url, account);
    const page = await context.newPage();
    await page.goto('/');
    expect(new URL(page.url()).pathname, account.email).toBe(home);
  }
});

test('a manager sees all teams with their exact balances', async ({ page, books, request }) => {
  await signIn(page.request, books.url, books.manager);
  await visit(page, '/overview');
  await expect(page.getByTestId('team-card')).toHaveCount(2);
  const headers = { authorization: `Bearer ${books.key}` };
  const answer = await request.get('/api/v1/balance', { headers });
  const { items } = (await answer.json()) as { items: { team: string; balance: string }[] };
  expect(items.map((item) => item.team)).toEqual(['alpha', 'beta']);
  for (const { team, balance } of items) {
    const shown = await onCard(page, team, 'Balance');
    expect(`${shown / 1_000_000n}`, team).toBe(balance.split('.')[0]);
  }
});

test('before the first event the page says how to send one', async ({ page, place }) => {
  await load(place, 'fresh', { name: 'fresh', lots: [] });
  await place.createUser('fresh', 'ada@fresh.example', 'Ada', 'admin', PASSWORD);
  const key = await place.createKey('fresh', 'first', 'ingest');
  const server = await Server.serve(place);
  try {
    await signIn(page.request, server.url, { email: 'ada@fresh.example', password: PASSWORD });
    const pages = [
      ['/overview', 'checklist', 'Send the first event'],
      ['/me', 'empty-ingested', 'No usage yet'],
    ] as const;
    for (const [path, name, words] of pages) {
      await visit(page, `${server.url}${path}`);
      const empty = page.getByTestId(name);
      await expect(empty, path).toContainText(words);
      await expect(empty.locator('code'), path).toContainText('/api/v1/events');
      await expect(page.getByTestId('chart')).toHaveCount(0);
    }
    // The printed command, with its two variables filled in, does what it says.
    const text = (await page.getByTestId('empty-ingested').locator('code').textContent()) ?? '';
    const body = /-d '([^']+)'/.exec(text)?.[1] ?? '';
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const sent = await page.request.post(`${server.url}/api/v1/events`, { headers, data: body });
    expect(await sent.json()).toMatchObject({ results: [{ status: 'accepted' }] });
    await visit(page, `${server.url}/overview?metric=events`);
    await expect(page.getByTestId('empty-ingested')).toHaveCount(0);
    expect(await exact(page.getByTestId('usage-total').locator('.figure'))).toBe(1_000_000n);
  } finally {
    await server.stop();
  }
});
