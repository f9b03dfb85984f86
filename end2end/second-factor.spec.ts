import AxeBuilder from '@axe-core/playwright';
import { createHmac } from 'node:crypto';
import { test as base, expect, hydrated, visit, PASSWORD, type Account, signOut as leave } from './support/test.ts';
import { Place, Server } from './support/server.ts';
import type { Page } from '@playwright/test';

interface Site {
  place: Place;
  server: Server;
}

// Accounts of its own: a second factor on one of the others would sign out their tests.
const test = base.extend<{ account: Account }, { site: Site }>({
  site: [
    async ({}, use) => {
      const place = await Place.make();
      const server = await Server.serve(place);
      await use({ place, server });
      await server.stop();
      await place.remove();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  account: async ({ site }, use, info) => {
    const email = `p${info.testId.replaceAll(/[^a-z0-9]/g, '')}@acme.example`;
    await site.place.createUser('acme', email, 'Ann', 'manager', PASSWORD);
    await use({ email, password: PASSWORD });
  },
  baseURL: async ({ site }, use) => use(site.server.url),
});

/** What an authenticator shows, so many steps of 30 s from now. */
function code(secret: string, steps = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const letters = [...secret.replaceAll(/\s/g, '')];
  const bits = letters.map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac('sha1', Buffer.from(bytes)).update(step).digest();
  const number = hash.readUInt32BE(hash[19]! & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

async function password(page: Page, account: Account) {
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs in and turns it on; answers the secret, the code that was used and the recovery codes. */
async function turnOn(page: Page, account: Account) {
  await page.goto('/account/two-factor');
  await password(page, account);
  await expect(page).toHaveURL(/\/account\/two-factor$/);
  await expect(page.getByTestId('two-factor-state')).toContainText('It is off');
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page).toHaveURL(/\/set-up$/);
  const secret = (await page.getByTestId('secret').textContent()) ?? '';
  expect(secret).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  const first = code(secret);
  await page.getByLabel('Code', { exact: true }).fill(first);
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByTestId('two-factor-state')).toContainText('It has been on since');
  const shown = (await page.getByTestId('recovery-codes').textContent()) ?? '';
  const codes = shown.trim().split('\n');
  expect(codes).toHaveLength(10);
  for (const one of codes) expect(one).toMatch(/^([0-9a-z]{4}-){3}[0-9a-z]{4}$/);
  return { secret, first, codes };
}

async function signOut(page: Page) {
  await leave(page);
  await expect(page).toHaveURL(/\/login$/);
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('turn on, sign in with a code and a recovery code, turn off', async ({
      page,
      account,
    }) => {
      const alive = async () => {
        if (javaScriptEnabled) await hydrated(page);
      };
      const { secret, first, codes } = await turnOn(page, account);
      await alive();
      await expect(page.getByTestId('codes-left')).toContainText('10 of 10');
      // Shown this once.
      await page.goto('/account/two-factor');
      await expect(page.getByTestId('recovery-codes')).toHaveCount(0);
      await alive();
      await signOut(page);

      // Where he wanted to go is kept through both steps, and mistakes.
      await page.goto('/overview?range=7d');
      await password(page, account);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enter your code');
      await expect(page.getByLabel('Code', { exact: true })).toHaveAttribute('autocomplete', 'one-time-code');
      await expect(page.getByLabel('Code', { exact: true })).toHaveAttribute('inputmode', 'numeric');
      await page.getByLabel('Code', { exact: true }).fill(first);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toContainText('wrong or was used already');
      await expect(page.getByLabel('Code', { exact: true })).toHaveValue('');
      await expect(page.getByLabel('Code', { exact: true })).toHaveAttribute('aria-invalid', 'true');
      // The one after the used one, whatever the time.
      await page.getByLabel('Code', { exact: true }).fill(code(secret, 1));
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page).toHaveURL(/\/overview\?range=7d$/);
      await alive();
      await signOut(page);

      await page.goto('/me');
      await password(page, account);
      await alive();
      await page.getByRole('link', { name: 'Use a recovery code' }).click();
      await expect(page.getByLabel('Recovery code')).not.toHaveAttribute('inputmode', 'numeric');
      await page.getByLabel('Recovery code').fill(codes[2]!.toUpperCase().replaceAll('-', ' '));
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page).toHaveURL(/\/me$/);
      await page.goto('/account/two-factor');
      await expect(page.getByTestId('codes-left')).toContainText('9 of 10');
      await alive();

      await page.getByRole('link', { name: 'Turn off' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toContainText('Turn off');
      await expect(page.getByText('the password alone opens your account again')).toBeVisible();
      await page.getByLabel('Password').fill(account.password);
      await page.getByLabel('Code', { exact: true }).fill(codes[2]!);
      await page.getByRole('button', { name: 'Turn off' }).click();
      await expect(page.getByRole('alert')).toContainText('This is not right');
      await page.getByLabel('Password').fill(account.password);
      await page.getByLabel('Code', { exact: true }).fill(codes[3]!);
      await page.getByRole('button', { name: 'Turn off' }).click();
      await expect(page.getByTestId('notice')).toContainText('Two-factor sign-in is off');
      await expect(page.getByTestId('two-factor-state')).toContainText('It is off');
      await alive();
      await signOut(page);
      await password(page, account);
      await expect(page).toHaveURL(/\/overview$/);
    });
  });
}

test('the QR code holds the secret on a white ground, in a dark theme too', async ({
  page,
  account,
}) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/account/two-factor');
  await password(page, account);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('alert')).toContainText('This is not right');
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Set up' }).click();
  await hydrated(page);
  const qr = page.getByTestId('qr');
  await expect(qr).toHaveAttribute('aria-label', /QR code/);
  expect(await qr.locator('rect').evaluate((rect) => getComputedStyle(rect).fill)).toBe(
    'rgb(255, 255, 255)',
  );
  expect(await qr.locator('path').evaluate((path) => getComputedStyle(path).fill)).toBe(
    'rgb(0, 0, 0)',
  );
  const size = (await qr.boundingBox())!;
  expect(Math.round(size.width)).toBeGreaterThanOrEqual(200);
  await page.getByText('The app is on this device').click();
  const uri = new URL((await page.getByTestId('otpauth').textContent()) ?? '');
  const shown = (await page.getByTestId('secret').textContent()) ?? '';
  expect(uri.searchParams.get('secret')).toBe(shown.replaceAll(' ', ''));
  expect(decodeURIComponent(uri.pathname)).toContain(account.email);
});

/** No barrier that a machine finds, and nothing beside a narrow screen. */
async function accessible(page: Page) {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  expect(violations.map(({ help, nodes }) => [help, nodes.map((node) => node.html)])).toEqual([]);
  const beside = () => document.documentElement.scrollWidth - window.innerWidth;
  expect(await page.evaluate(beside), `${page.url()} is wider than the screen`).toBe(0);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page can be used by everybody on a narrow screen, ${colorScheme}`, async ({
    page,
    account,
  }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto('/account/two-factor');
    await password(page, account);
    await hydrated(page);
    await accessible(page);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Set up' }).click();
    await hydrated(page);
    await page.getByText('The app is on this device').click();
    await accessible(page);
    const secret = (await page.getByTestId('secret').textContent()) ?? '';
    await page.getByLabel('Code', { exact: true }).fill(code(secret));
    await page.getByRole('button', { name: 'Turn on' }).click();
    await expect(page.getByTestId('recovery-codes')).toBeVisible();
    await hydrated(page);
    await accessible(page);
    for (const path of ['codes', 'off']) {
      await visit(page, `/account/two-factor/${path}`);
      await accessible(page);
    }
    await signOut(page);
    await password(page, account);
    await hydrated(page);
    await accessible(page);
    await page.getByRole('link', { name: 'Use a recovery code' }).click();
    await expect(page.getByLabel('Recovery code')).toBeVisible();
    await accessible(page);
  });
}

test('the session between the steps opens nothing', async ({ page, account, site }) => {
  await turnOn(page, account);
  await hydrated(page);
  await signOut(page);
  await page.goto('/login?next=/me');
  await password(page, account);
  await expect(page).toHaveURL(/\/login\/code\?next=\/me$/);
  for (const path of ['/me', '/overview', '/account/two-factor', '/account/two-factor/off']) {
    const answer = await page.request.get(path, { maxRedirects: 0 });
    expect(answer.status(), path).toBe(303);
    expect(answer.headers()['location'], path).toContain('/login?next=');
  }
  const call = await page.request.post('/_call/me', {
    data: { view: {} },
    headers: { origin: site.server.url },
  });
  expect(call.status()).not.toBe(200);
  // And nobody without the password gets to the form.
  const bare = await page.context().browser()!.newContext();
  const answer = await bare.request.get(`${site.server.url}/login/code`, { maxRedirects: 0 });
  expect([answer.status(), answer.headers()['location']]).toEqual([303, '/login?next=/']);
  await bare.close();
});

test('new recovery codes void the old, and the command line helps who lost all', async ({
  page,
  account,
  site,
}) => {
  const { codes } = await turnOn(page, account);
  await hydrated(page);
  await page.getByRole('link', { name: 'New recovery codes' }).click();
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'New recovery codes' }).click();
  await expect(page.getByTestId('notice')).toContainText('new recovery codes');
  const fresh = ((await page.getByTestId('recovery-codes').textContent()) ?? '').split('\n');
  expect(fresh).toHaveLength(10);
  await hydrated(page);
  await signOut(page);
  await password(page, account);
  await page.getByLabel('Code', { exact: true }).fill(codes[0]!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('wrong or was used already');
  await page.getByLabel('Code', { exact: true }).fill(fresh[0]!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/overview$/);
  await hydrated(page);
  await signOut(page);

  const { place } = site;
  const reset = ['user', 'reset-two-factor', '--email'];
  expect(await place.cli([...reset, account.email.toUpperCase()])).toContain('is off');
  expect(await place.cli([...reset, account.email])).toContain('nothing was changed');
  const unknown = await place.run([...reset, 'nobody@acme.example']);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('nobody@acme.example');
  await password(page, account);
  await expect(page).toHaveURL(/\/overview$/);
});

test('guessing codes is slowed down, whatever the password does', async ({ page, account }) => {
  await turnOn(page, account);
  await hydrated(page);
  await signOut(page);
  const form = { email: account.email, password: account.password, next: '/me' };
  let throttled = 0;
  for (let attempt = 1; attempt <= 20 && !throttled; attempt++) {
    await page.request.post('/login', { form });
    const guess = { code: '000000', next: '/me' };
    const html = await (await page.request.post('/login/code', { form: guess })).text();
    if (html.includes('There were too many attempts')) throttled = attempt;
  }
  expect(throttled).toBeGreaterThan(2);
});

test.describe('in Japanese', () => {
  test.use({ locale: 'ja-JP' });

  test('the pages speak Japanese and take full-width digits', async ({ page, account }) => {
    await visit(page, '/account/two-factor');
    await page.getByLabel('メールアドレス').fill(account.email);
    await page.getByLabel('パスワード').fill(account.password);
    await page.getByRole('button', { name: 'サインイン' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('2段階認証');
    await page.getByLabel('パスワード').fill(account.password);
    await page.getByRole('button', { name: '設定を始める' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('2段階認証の設定');
    const secret = (await page.getByTestId('secret').textContent()) ?? '';
    const wide = (text: string) =>
      [...text].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join('');
    await page.getByLabel('確認コード', { exact: true }).fill(wide(code(secret)));
    await page.getByRole('button', { name: '有効にする' }).click();
    await expect(page.getByTestId('notice')).toContainText('2段階認証を有効にしました');
    await hydrated(page);
    await leave(page);
    await page.getByLabel('メールアドレス').fill(account.email);
    await page.getByLabel('パスワード').fill(account.password);
    await page.getByRole('button', { name: 'サインイン' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('確認コードの入力');
    await page.getByLabel('確認コード', { exact: true }).fill(wide(code(secret, 1)));
    await page.getByRole('button', { name: 'サインイン' }).click();
    await expect(page).toHaveURL(/\/overview$/);
  });
});
