// One's own account, keys, passwords and mails: every form in a real browser, with and without
// JavaScript.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Page } from '@playwright/test';
import { expect, hydrated, load, signIn, test as base, PASSWORD } from './support/test.ts';
import { Place, Server } from './support/server.ts';
import { Sink } from './support/smtp.ts';
import type { Account } from './support/test.ts';

const NEW_PASSWORD = 'seven green bicycles';

interface Site {
  place: Place;
  server: Server;
  url: string;
  sink: Sink;
}

/** A server that sends mails, with an organization and nobody in it yet. */
const test = base.extend<
  { someone: (role?: string) => Promise<Account> },
  { site: Site; numbers: { next: number } }
>({
  numbers: [async ({}, use) => use({ next: 0 }), { scope: 'worker' }],

  site: [
    async ({}, use) => {
      const [place, sink] = [await Place.make(), await Sink.start()];
      const settings = [
        `smtp_url = "smtp://127.0.0.1:${sink.port}"`,
        'mail_from = "Tokenscope <tokenscope@example.com>"',
      ];
      await writeFile(join(place.folder, 'tokenscope.toml'), settings.join('\n'));
      await load(place, 'acme', { name: 'acme' });
      const server = await Server.serve(place);
      await use({ place, server, url: server.url, sink });
      await server.stop();
      await sink.stop();
      await place.remove();
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  someone: async ({ site, numbers }, use) => {
    await use(async (role = 'developer') => {
      const email = `person${numbers.next++}@acme.example`;
      await site.place.createUser('acme', email, 'Kim Park', role, PASSWORD);
      return { email, password: PASSWORD };
    });
  },

  baseURL: async ({ site }, use) => use(site.url),
});

/** Goes to a page and waits until it is alive, where it comes alive. */
async function go(page: Page, path: string, status = 200) {
  const response = await page.goto(path);
  expect(response?.status(), path).toBe(status);
  await settled(page);
}

async function settled(page: Page) {
  await page.waitForLoadState();
  if (scripted(page)) await hydrated(page);
}

const withoutScript = new WeakSet<BrowserContext>();
const scripted = (page: Page) => !withoutScript.has(page.context());

/** Sends a form and waits for the page after it. */
async function press(page: Page, name: string) {
  const next = page.waitForEvent('framenavigated');
  await page.getByRole('main').getByRole('button', { name }).click();
  await next;
  await settled(page);
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const notice = (page: Page) => page.getByTestId('notice');
const problem = (page: Page) => page.getByTestId('problem');

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });
    test.beforeEach(({ context }) => {
      if (!javaScriptEnabled) withoutScript.add(context);
    });

    test('a name is changed, and not over somebody else’s change', async ({
      page,
      site,
      someone,
    }) => {
      await signIn(page.request, site.url, await someone('manager'));
      await go(page, '/account');
      await expect(heading(page)).toHaveText('Profile');
      await expect(page.getByTestId('profile-facts')).toContainText('Developer, Manager');
      const second = await page.context().newPage();
      await go(second, '/account/profile');
      await page.getByLabel('Name').fill('Kim <Lee>');
      await press(page, 'Save');
      await expect(notice(page)).toHaveText('Your profile is saved.');
      await expect(page.locator('.account__name')).toHaveText('Kim <Lee>');
      await second.getByLabel('Name').fill('Late');
      await press(second, 'Save');
      await expect(problem(second)).toContainText('Somebody else changed this');
      await expect(second.getByLabel('Name')).toHaveValue('Late');
      await press(second, 'Save');
      await expect(notice(second)).toHaveText('Your profile is saved.');
      await second.getByLabel('Name').fill('x'.repeat(129));
      await press(second, 'Save');
      await expect(second.locator('#name-wrong')).toHaveText('Use at most 128 characters.');
      await expect(second.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
    });

    test('language, zone and colours take effect on the next page', async ({
      page,
      site,
      someone,
    }) => {
      await signIn(page.request, site.url, await someone());
      await go(page, '/account/preferences');
      await expect(page.locator('html')).toHaveAttribute('lang', 'en');
      await page.getByLabel('日本語').check();
      await page.getByLabel('Dark').check();
      await page.getByLabel('Time zone').fill('Atlantis/Capital');
      await press(page, 'Save');
      await expect(page.locator('#zone-wrong')).toContainText('This is not a time zone');
      await expect(page.getByLabel('日本語'), 'what was chosen is kept').toBeChecked();
      await expect(page.getByLabel('Time zone')).toHaveValue('Atlantis/Capital');
      await page.getByLabel('Time zone').fill('asia/tokyo');
      await press(page, 'Save');
      await expect(heading(page)).toHaveText('表示設定');
      await expect(notice(page)).toHaveText('表示設定を保存しました。');
      await expect(page.locator('html')).toHaveAttribute('lang', 'ja');
      await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
      const paper = await page.evaluate(() => getComputedStyle(document.body).color);
      const light = /rgb\((\d+), /.exec(paper);
      expect(Number(light?.[1]), 'light ink on dark paper').toBeGreaterThan(150);
      await expect(page.getByLabel('タイムゾーン')).toHaveValue('Asia/Tokyo');
      await go(page, '/account/sessions');
      await expect(heading(page)).toHaveText('セッション');
      await expect(page.locator('#sessions caption')).toContainText('Asia/Tokyo');
      await expect(page.locator('#sessions')).toContainText('このブラウザー');
    });

    test('a session is ended from another browser', async ({
      page,
      site,
      someone,
      open,
      watch,
    }) => {
      // What the other browser asks at that moment is refused.
      watch.expect(/status of 401/);
      const account = await someone();
      await signIn(page.request, site.url, account);
      const away = await open({ baseURL: site.url, javaScriptEnabled });
      if (!javaScriptEnabled) withoutScript.add(away);
      const other = await away.newPage();
      await go(other, '/login');
      await other.getByLabel('E-mail').fill(account.email);
      await other.getByLabel('Password').fill(account.password);
      await press(other, 'Sign in');
      await expect(other).toHaveURL(/\/me$/);
      await go(page, '/account/sessions');
      const rows = page.locator('#sessions tbody tr');
      await expect(rows).toHaveCount(2);
      await expect(rows.first()).toContainText('This browser');
      await expect(rows.nth(1)).toContainText('Chrome on Linux');
      await expect(rows.nth(1)).toContainText('127.0.0.1');
      await press(page, 'Sign out Chrome on Linux');
      await expect(notice(page)).toHaveText('The session is ended.');
      await expect(rows).toHaveCount(1);
      await other.goto('/me');
      await expect(other).toHaveURL(/\/login\?next=/);

      await signIn(other.request, site.url, account);
      await go(page, '/account/sessions');
      await expect(rows).toHaveCount(2);
      await press(page, 'Sign out everywhere else');
      await expect(notice(page)).toHaveText('You are signed out everywhere else.');
      await other.goto('/me');
      await expect(other).toHaveURL(/\/login\?next=/);
      await go(page, '/account/sessions');
      await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
    });

    test('a key of one’s own is shown once, works, and is revoked', async ({
      page,
      site,
      someone,
      request,
    }) => {
      await signIn(page.request, site.url, await someone());
      await go(page, '/account/keys');
      await expect(page.getByTestId('empty-keys')).toContainText('No keys yet');
      await page.getByRole('link', { name: 'New key' }).click();
      await expect(heading(page)).toHaveText('New key');
      await settled(page);
      await page.getByLabel('Name').fill('my <script>');
      await page.getByLabel('read').uncheck();
      await press(page, 'Make the key');
      await expect(problem(page)).toContainText('Fill this in.');
      await expect(page.getByLabel('Name')).toHaveValue('my <script>');
      await page.getByLabel('read').check();
      await page.getByLabel('Expires').selectOption('30');
      await press(page, 'Make the key');
      await expect(notice(page)).toHaveText('The key is made.');
      const key = ((await page.getByTestId('key-secret').textContent()) ?? '').trim();
      expect(key).toMatch(/^tsk_\d+_\d+_[0-9a-z]{52}$/);
      await expect(page.getByTestId('key-example')).toContainText(
        `curl ${site.url}/api/v1/balance -H 'Authorization: Bearer ${key}'`,
      );
      const headers = { authorization: `Bearer ${key}` };
      expect((await request.get('/api/v1/apps', { headers })).status()).toBe(200);
      const event = { source: 's', id: '1', team: 't', api: 'a' };
      const sent = await request.post('/api/v1/events', { headers, data: event });
      expect(sent.status(), 'it reads and sends nothing').toBe(403);
      await page.reload();
      await settled(page);
      await expect(page.getByTestId('new-key'), 'shown this once').toHaveCount(0);
      expect(await page.content()).not.toContain(key.split('_')[3]!);
      const row = page.locator('#keys tbody tr').first();
      await expect(row).toContainText('my <script>');
      await expect(row).toContainText('Active');
      await page.getByRole('link', { name: 'Revoke my <script>' }).click();
      await expect(heading(page)).toHaveText('Revoke this key?');
      await expect(page.getByTestId('revoke-form')).toContainText('Reading usage and balances');
      await settled(page);
      await press(page, 'Revoke the key');
      await expect(notice(page)).toHaveText('The key is revoked.');
      await expect(row).toContainText('Revoked');
      expect((await request.get('/api/v1/apps', { headers })).status()).toBe(401);
    });

    test('a password is changed, elsewhere one is signed out, and a mail says so', async ({
      page,
      site,
      someone,
      open,
    }) => {
      const account = await someone();
      await signIn(page.request, site.url, account);
      const away = await open({ baseURL: site.url });
      await signIn(away.request, site.url, account);
      await go(page, '/account/password');
      const change = async (current: string, wanted: string, again: string) => {
        await page.getByLabel('Present password').fill(current);
        await page.getByLabel('New password', { exact: true }).fill(wanted);
        await page.getByLabel('New password once more').fill(again);
        await press(page, 'Change the password');
      };
      await change('not the present one', NEW_PASSWORD, NEW_PASSWORD);
      await expect(page.locator('#password_current-wrong')).toContainText('This is not right');
      await change(PASSWORD, NEW_PASSWORD, 'something else');
      await expect(page.locator('#password_again-wrong')).toHaveText('The two entries differ.');
      await change(PASSWORD, 'password1234', 'password1234');
      await expect(page.locator('#password-wrong')).toContainText('one of the first');
      await expect(page.getByLabel('Present password'), 'no secret is kept').toHaveValue('');
      await change(PASSWORD, NEW_PASSWORD, NEW_PASSWORD);
      await expect(notice(page)).toContainText('Your password is changed.');
      await go(page, '/account/profile');
      const elsewhere = await away.request.get('/me', { maxRedirects: 0 });
      expect(elsewhere.headers()['location']).toContain('/login');
      const mail = await site.sink.mailTo(account.email);
      expect(mail.subject).toBe('Your Tokenscope password was changed');
      expect(mail.body).toContain(`${site.url}/password/forgot`);
      await signIn(away.request, site.url, { ...account, password: NEW_PASSWORD });
    });

    test('a forgotten password is replaced by a mailed link', async ({ page, site, someone }) => {
      const account = await someone();
      await go(page, '/login');
      await page.getByRole('link', { name: 'Forgot your password?' }).click();
      await expect(heading(page)).toHaveText('Forgot your password?');
      await settled(page);
      const ask = async (email: string) => {
        await page.getByLabel('E-mail').fill(email);
        await press(page, 'Send the link');
        await expect(notice(page)).toContainText('If there is an account with this e-mail');
      };
      await ask('nobody-at-all@acme.example');
      await ask(account.email);
      const mail = await site.sink.mailTo(account.email);
      expect(mail.subject).toBe('Choose a new password for Tokenscope');
      const link = /^http:\S+$/m.exec(mail.body)?.[0] ?? '';
      expect(new URL(link).origin).toBe(site.url);
      const response = await page.goto(link);
      expect(response?.headers()['referrer-policy']).toBe('no-referrer');
      await settled(page);
      const set = async (wanted: string, again: string) => {
        await page.getByLabel('New password', { exact: true }).fill(wanted);
        await page.getByLabel('New password once more').fill(again);
        await press(page, 'Set the password');
      };
      await set('short', 'short');
      await expect(page.locator('#password-wrong')).toHaveText('Use at least 12 characters.');
      await set(NEW_PASSWORD, NEW_PASSWORD);
      await expect(page).toHaveURL(/\/login$/);
      await expect(notice(page)).toContainText('Sign in with the new one.');
      await page.getByLabel('E-mail').fill(account.email);
      await page.getByLabel('Password').fill(NEW_PASSWORD);
      await press(page, 'Sign in');
      await expect(page).toHaveURL(/\/me$/);
      await go(page, new URL(link).pathname + new URL(link).search);
      await expect(page.getByTestId('reset-over')).toContainText('not good any more');
      expect(site.sink.mails.some((mail) => mail.to.includes('nobody-at-all@acme.example'))).toBe(
        false,
      );
    });
  });
}

test('a mail is in the language of its reader', async ({ page, site, someone }) => {
  const account = await someone();
  await signIn(page.request, site.url, account);
  await go(page, '/account/preferences');
  await page.getByLabel('日本語').check();
  await press(page, 'Save');
  await page.context().clearCookies();
  await go(page, '/password/forgot');
  await page.getByLabel('E-mail').fill(account.email);
  await press(page, 'Send the link');
  const mail = await site.sink.mailTo(account.email);
  expect(mail.subject).toBe('Tokenscopeの新しいパスワードの設定');
  expect(mail.body).toContain('Kim Park様');
});

test('keys of the organization are made by admins and seen by managers', async ({
  page,
  site,
  someone,
  open,
  request,
  watch,
}) => {
  await signIn(page.request, site.url, await someone('admin'));
  await go(page, '/admin/keys');
  await page.getByRole('link', { name: 'New key' }).click();
  await expect(heading(page)).toHaveText('New key');
  const boxes = page.getByTestId('key-form').getByRole('checkbox');
  await expect(boxes).toHaveCount(5);
  await expect(boxes.first()).toBeChecked();
  await page.getByLabel('Name').fill('gateway');
  await press(page, 'Make the key');
  const key = ((await page.getByTestId('key-secret').textContent()) ?? '').trim();
  const headers = { authorization: `Bearer ${key}` };
  const data = { source: 's', id: '1', client_id: 'robot', api: 'a' };
  const sent = await request.post('/api/v1/events', { headers, data });
  expect(sent.status(), await sent.text()).toBe(200);
  expect((await request.get('/api/v1/apps', { headers })).status()).toBe(403);

  const managers = await open({ baseURL: site.url });
  await signIn(managers.request, site.url, await someone('manager'));
  const seen = await managers.newPage();
  await go(seen, '/admin/keys');
  await expect(seen.locator('#keys')).toContainText('gateway');
  await expect(seen.getByTestId('read-only')).toBeVisible();
  await expect(seen.getByRole('link', { name: /Revoke|New key/ })).toHaveCount(0);

  watch.expect(/403 \(Forbidden\)/);
  const developers = await open({ baseURL: site.url });
  await signIn(developers.request, site.url, await someone());
  const refused = await developers.newPage();
  await go(refused, '/admin/keys', 403);
  await expect(refused.getByRole('link', { name: 'API keys', exact: true })).toHaveCount(0);
});

test('without a mail server the page says whom to ask, and the command line makes a link', async ({
  page,
  place,
}) => {
  await load(place, 'acme', { name: 'acme' });
  await place.createUser('acme', 'ada@acme.example', 'Ada', 'admin', PASSWORD);
  const server = await Server.serve(place);
  try {
    await go(page, `${server.url}/password/forgot`);
    await expect(page.getByText('This server sends no mails.')).toBeVisible();
    await expect(page.getByText('tokenscope user reset')).toBeVisible();
    const printed = await place.run(['user', 'reset', '--email', 'ada@acme.example'], '', {
      TOKENSCOPE_PUBLIC_ORIGIN: server.url,
    });
    const link = /^link: (.*)$/m.exec(printed.stdout)?.[1] ?? printed.stderr;
    await go(page, link);
    await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD);
    await page.getByLabel('New password once more').fill(NEW_PASSWORD);
    await press(page, 'Set the password');
    await expect(page).toHaveURL(/\/login$/);
    const unknown = await place.run(['user', 'reset', '--email', 'nobody@acme.example']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('nobody@acme.example');
  } finally {
    await server.stop();
  }
});

test('a mail server that cannot be used is named before anything starts', async ({ place }) => {
  const check = (url: string, more: Record<string, string> = {}) =>
    place.run(['config', 'check'], '', { TOKENSCOPE_SMTP_URL: url, ...more });
  const from = { TOKENSCOPE_MAIL_FROM: 'a@example.com' };
  const refused = await check('smtp://ann:hush@mail.example.com', from);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('readable')]);
  expect(refused.stderr).not.toContain('hush');
  expect((await check('smtp://127.0.0.1:25')).stderr).toContain('mail_from');
  expect((await check('smtps://ann:hush@mail.example.com', from)).code).toBe(0);
  const shown = await place.run(['config', 'print'], '', {
    TOKENSCOPE_SMTP_URL: 'smtps://ann:hush@mail.example.com',
    ...from,
  });
  expect(shown.stdout).toContain('smtp_url');
  expect(shown.stdout).not.toContain('hush');
});

test('a key is made with the keyboard alone', async ({ page, site, someone }) => {
  await signIn(page.request, site.url, await someone());
  await go(page, '/account/keys/new');
  const reach = async (name: string) => {
    for (let steps = 0; steps < 40; steps++) {
      await page.keyboard.press('Tab');
      const here = await page.evaluate(() => document.activeElement?.id);
      if (here === name) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  };
  await reach('name');
  await page.keyboard.type('by hand');
  await reach('scope-check');
  await page.keyboard.press('Space');
  await reach('lifetime');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('key-secret')).toBeVisible();
  await expect(page.locator('#keys')).toContainText('check, read');
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the pages have no known barrier, ${scheme}`, async ({ page, site, someone }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const look = async (path: string) => {
      await go(page, path);
      const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
      const found = await new AxeBuilder({ page }).withTags(tags).analyze();
      expect(found.violations.map((v) => `${path} ${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 700 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `${path} at 320 px`).toBeLessThanOrEqual(320);
      await page.setViewportSize({ width: 1280, height: 800 });
    };
    for (const path of ['/login', '/password/forgot', '/password/reset?token=x']) await look(path);
    await signIn(page.request, site.url, await someone('admin'));
    for (const page of ['profile', 'preferences', 'password', 'sessions', 'keys', 'keys/new']) {
      await look(`/account/${page}`);
    }
    await site.place.createKey('acme', `for looks ${scheme}`, 'ingest,read');
    await look('/admin/keys');
    await look('/admin/keys/new');
  });
}
