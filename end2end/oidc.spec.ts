import { test as base, expect, hydrated, PASSWORD, signOut as leave } from './support/test.ts';
import { Provider, type Fault } from './support/oidc.ts';
import { Place, Server, freePort } from './support/server.ts';
import type { Page } from '@playwright/test';

interface Site {
  place: Place;
  server: Server;
  provider: Provider;
}

const test = base.extend<{ provider: Provider }, { site: Site }>({
  site: [
    async ({}, use) => {
      const [place, provider] = [await Place.make(), await Provider.start()];
      await place.createUser('acme', 'ada@acme.example', 'Ada', 'admin', PASSWORD);
      const server = await Server.serve(place, [], provider.settings());
      await use({ place, server, provider });
      await server.stop();
      await provider.stop();
      await place.remove();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  provider: async ({ site }, use, info) => {
    const { provider } = site;
    const id = info.testId.replaceAll(/[^a-z0-9]/g, '');
    provider.person = { sub: `sub-${id}`, email: `new-${id}@acme.example`, name: 'Nia New' };
    provider.asks = false;
    await use(provider);
    provider.fault = 'none';
  },
  baseURL: async ({ site }, use) => use(site.server.url),
});

async function start(page: Page, path = '/me?range=7d') {
  await page.goto(path);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
}

async function signOut(page: Page) {
  await hydrated(page);
  await leave(page);
  await expect(page).toHaveURL(/\/login$/);
}

async function isSignedIn(page: Page): Promise<boolean> {
  return (await page.request.get('/me', { maxRedirects: 0 })).status() === 200;
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('somebody new gets where he wanted, as a developer', async ({ page, provider }) => {
      provider.asks = true;
      await start(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Acme SSO');
      await page.getByRole('link', { name: 'Allow' }).click();
      await expect(page).toHaveURL(/\/me\?range=7d$/);
      await expect(page.getByText('Nia New').first()).toBeVisible();
      // A developer does not see the organization.
      await page.goto('/');
      await expect(page).toHaveURL(/\/me$/);
    });
  });
}

test('the same person comes back to the same account, also under another e-mail', async ({
  page,
  provider,
}) => {
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  await signOut(page);
  const { sub } = provider.person;
  provider.person = { sub, email: 'renamed@acme.test', name: 'Nia Renamed' };
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  await expect(page.getByText('Nia New').first()).toBeVisible();
});

test('an account that is there is found by its verified e-mail, with its role', async ({
  page,
  provider,
}) => {
  provider.person = { sub: 'ada-there', email: 'Ada@Acme.Example', name: 'Another Name' };
  await start(page, '/overview');
  await expect(page).toHaveURL(/\/overview$/);
  await expect(page.getByText('Ada', { exact: true }).first()).toBeVisible();
  await signOut(page);
  await page.getByLabel('E-mail').fill('ada@acme.example');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page, 'the password still works').toHaveURL(/\/overview$/);
});

test('who came by the service has no password to guess', async ({ page, provider, request }) => {
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  const form = { email: provider.person.email, next: '/' };
  for (const password of ['', 'nothing at all']) {
    const answer = await request.post('/login', { form: { ...form, password } });
    expect(await answer.text()).toContain('The e-mail or the password is wrong');
  }
  await page.goto('/account/two-factor');
  await expect(page.getByTestId('two-factor-state')).toContainText('has no password');
});

test('the session id is new after the way back', async ({ page, provider, context, site }) => {
  provider.asks = true;
  const session = async () =>
    (await context.cookies(site.server.url)).find((cookie) => cookie.name === 'tokenscope');
  await start(page);
  await expect(page.getByRole('link', { name: 'Allow' })).toBeVisible();
  const before = (await session())!;
  expect([before.sameSite, before.httpOnly]).toEqual(['Lax', true]);
  expect(await isSignedIn(page)).toBe(false);
  await page.getByRole('link', { name: 'Allow' }).click();
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  expect((await session())!.value).not.toBe(before.value);
});

const UNTRUSTED = 'an answer that cannot be trusted';
const REFUSED: [Fault, string][] = [
  ['wrong-nonce', UNTRUSTED],
  ['wrong-issuer', UNTRUSTED],
  ['wrong-audience', UNTRUSTED],
  ['expired', UNTRUSTED],
  ['foreign-key', UNTRUSTED],
  ['unsigned', UNTRUSTED],
  ['symmetric', UNTRUSTED],
  ['no-token', UNTRUSTED],
  ['token-error', UNTRUSTED],
  ['wrong-state', 'took too long, or was begun in another window'],
  ['unverified', 'has not verified your e-mail address'],
  ['no-email', 'has not verified your e-mail address'],
];

for (const [fault, words] of REFUSED) {
  test(`refused: ${fault}`, async ({ page, provider }) => {
    provider.fault = fault;
    await start(page);
    await expect(page.getByRole('alert')).toContainText(words);
    await expect(page).toHaveURL(/\/login\?next=\/me%3Frange%3D7d$/);
    await expect(page.getByRole('alert')).not.toContainText(/JWT|signature|claim|http/i);
    expect(await isSignedIn(page)).toBe(false);
    // The next attempt is a new one.
    provider.fault = 'none';
    await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
    await expect(page).toHaveURL(/\/me\?range=7d$/);
  });
}

for (const email of [
  'eve@evil.example',
  'eve@sub.acme.example',
  'eve@notacme.example',
  'eve@acme.example@evil.example',
  'eve@acme.example.evil.example',
]) {
  test(`refused: the e-mail ${email}`, async ({ page, provider }) => {
    provider.person = { ...provider.person, email };
    await start(page);
    await expect(page.getByRole('alert')).toContainText(/domain that may not sign in here|verified/);
    expect(await isSignedIn(page)).toBe(false);
  });
}

test('who turns back is told so, and can use the password', async ({ page, provider }) => {
  provider.asks = true;
  await start(page);
  await page.getByRole('link', { name: 'Deny' }).click();
  await expect(page.getByRole('alert')).toContainText('You turned back there');
  expect(await isSignedIn(page)).toBe(false);
  await hydrated(page);
  await page.getByLabel('E-mail').fill('ada@acme.example');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL(/\/me\?range=7d$/);
});

test('a way back works once, and in its own browser only', async ({ page, provider, open }) => {
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  await signOut(page);
  // The URL from the history: its code is used, and nobody waits for it.
  await page.goto(provider.sentBack);
  await expect(page.getByRole('alert')).toContainText('begun in another window');
  expect(await isSignedIn(page)).toBe(false);
  // An attacker's way back, opened by somebody else.
  provider.asks = true;
  await start(page);
  await expect(page.getByRole('link', { name: 'Allow' })).toBeVisible();
  const other = await (await open({ baseURL: new URL(provider.sentBack).origin })).newPage();
  await other.goto(provider.sentBack);
  await expect(other.getByRole('alert')).toContainText('begun in another window');
  expect(await isSignedIn(other)).toBe(false);
});

test('a code that was used already is refused by the service', async ({ page, provider }) => {
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  await signOut(page);
  const used = new URL(provider.sentBack).searchParams.get('code')!;
  provider.asks = true;
  await start(page);
  await expect(page.getByRole('link', { name: 'Allow' })).toBeVisible();
  const replay = new URL(provider.sentBack);
  replay.searchParams.set('code', used);
  await page.goto(replay.href);
  await expect(page.getByRole('alert')).toContainText(UNTRUSTED);
  expect(await isSignedIn(page)).toBe(false);
});

test('a new key of the service is fetched, and nothing else is asked anew', async ({
  page,
  provider,
}) => {
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  await signOut(page);
  provider.asked.length = 0;
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  expect(provider.asked).toEqual(['/authorize', '/token']);
  await signOut(page);
  provider.rotateKey();
  provider.asked.length = 0;
  await start(page);
  await expect(page).toHaveURL(/\/me\?range=7d$/);
  const anew = ['/.well-known/openid-configuration', '/jwks'];
  expect(provider.asked).toEqual(['/authorize', '/token', ...anew]);
});

test('a get request begins nothing, nor does a form of another site', async ({ request, site }) => {
  const { url } = site.server;
  site.provider.asked.length = 0;
  const get = await request.get(`${url}/login/oidc`, { maxRedirects: 0 });
  expect([404, 405]).toContain(get.status());
  const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  const post = await request.post(`${url}/login/oidc`, { headers, form: {}, maxRedirects: 0 });
  expect(post.status()).toBe(403);
  expect(site.provider.asked).toEqual([]);
});

test('without the service the server starts and passwords work', async ({ page, place }) => {
  await place.createUser('acme', 'ada@acme.example', 'Ada', 'admin', PASSWORD);
  const port = await freePort();
  const gone = await Provider.start(port);
  const settings = gone.settings();
  await gone.stop();
  const server = await Server.serve(place, [], settings);
  try {
    await page.goto(`${server.url}/login?next=/overview`);
    await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
    await expect(page.getByRole('alert')).toContainText('does not answer at the moment');
    await hydrated(page);
    await page.getByLabel('E-mail').fill('ada@acme.example');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page).toHaveURL(/\/overview$/);
    await signOut(page);
    // It is there again: no restart is needed.
    const back = await Provider.start(port);
    back.person = { sub: 'ada', email: 'ada@acme.example' };
    await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
    await expect(page).toHaveURL(/\/overview$/);
    await back.stop();
  } finally {
    await server.stop();
  }
});

test('with several organizations new people need a configured one', async ({ page, place }) => {
  await place.createUser('one', 'ada@acme.example', 'Ada', 'admin', PASSWORD);
  await place.createUser('two', 'bob@acme.example', 'Bob', 'admin', PASSWORD);
  const provider = await Provider.start();
  provider.person = { sub: 'nia', email: 'nia@acme.example' };
  const attempt = async (more: Record<string, string>) => {
    const server = await Server.serve(place, [], provider.settings(more));
    await page.goto(`${server.url}/login`);
    await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
    return server;
  };
  for (const more of [{}, { TOKENSCOPE_OIDC_ORGANIZATION: 'three' }]) {
    const server = await attempt(more);
    await expect(page.getByRole('alert')).toContainText('which organization new people join');
    await server.stop();
  }
  const server = await attempt({ TOKENSCOPE_OIDC_ORGANIZATION: 'two' });
  await expect(page).toHaveURL(/\/me$/);
  await server.stop();
  await provider.stop();
});

test('a half configuration is refused by the name of the setting', async ({ place, site }) => {
  const whole = site.provider.settings();
  const check = async (settings: Record<string, string>) =>
    place.run(['config', 'check'], '', settings);
  expect((await check(whole)).code).toBe(0);
  const { TOKENSCOPE_OIDC_DOMAINS: _, ...noDomains } = whole;
  for (const [settings, name] of [
    [noDomains, 'oidc_domains'],
    [{ ...whole, TOKENSCOPE_OIDC_DOMAINS: '' }, 'oidc_domains'],
    [{ ...whole, TOKENSCOPE_OIDC_CLIENT_ID: '' }, 'oidc_client_id'],
    [{ ...whole, TOKENSCOPE_OIDC_ISSUER: 'http://login.example.com' }, 'oidc_issuer'],
    [{ TOKENSCOPE_OIDC_NAME: 'Acme' }, 'oidc_issuer'],
  ] as const) {
    const ended = await check(settings);
    expect(ended.code, ended.stdout).not.toBe(0);
    expect(ended.stderr).toContain(name);
  }
  const { stdout } = await place.run(['config', 'print'], '', whole);
  expect(stdout).toContain('oidc_client_secret = "***"');
  expect(stdout).not.toContain(site.provider.clientSecret);
});
