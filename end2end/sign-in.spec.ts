import { expect, hydrated, signIn, signOut, test, visit, PASSWORD } from './support/test.ts';
import { Server } from './support/server.ts';

test.use({ baseURL: async ({ demo }, use) => use(demo.url) });

test('a signed-out visitor is led to the form and back to where he wanted', async ({
  page,
  demo,
}) => {
  await visit(page, '/overview?range=7d');
  const url = new URL(page.url());
  expect([url.pathname, url.searchParams.get('next')]).toEqual(['/login', '/overview?range=7d']);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  await page.getByLabel('E-mail').fill(demo.admin.email);
  await page.getByLabel('Password').fill(demo.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/overview?range=7d');
  await hydrated(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
  expect(await page.evaluate(() => document.cookie), 'no script sees the session').toBe('');
});

test('a wrong password is explained, the e-mail kept, the summary focused', async ({
  page,
  demo,
}) => {
  await visit(page, '/login');
  await page.getByLabel('E-mail').fill(demo.admin.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const summary = page.getByRole('alert');
  await expect(summary).toContainText('The e-mail or the password is wrong');
  await hydrated(page);
  await expect(summary).toBeFocused();
  await expect(page.getByLabel('E-mail')).toHaveValue(demo.admin.email);
  await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Password')).toHaveValue('');
  await page.getByLabel('Password').fill(demo.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/overview');
  // The message lives for one page.
  await visit(page, '/login');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('an unknown e-mail gets the same answer as a wrong password', async ({ page }) => {
  await visit(page, '/login');
  await page.getByLabel('E-mail').fill('nobody@example.com');
  await page.getByLabel('Password').fill('whatever it is');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('The e-mail or the password is wrong');
});

test('signing out ends the session, also for a copy of its cookie', async ({
  page,
  demo,
  playwright,
}) => {
  await signIn(page.request, demo.url, demo.admin);
  const copy = await playwright.request.newContext({
    storageState: await page.context().storageState(),
  });
  const overview = `${demo.url}/overview`;
  expect((await copy.get(overview, { maxRedirects: 0 })).status()).toBe(200);
  await visit(page, '/overview');
  await signOut(page);
  await page.waitForURL('**/login*');
  await hydrated(page);
  await expect(page.getByText('You are signed out.')).toBeVisible();
  await page.goto('/me');
  await expect(page).toHaveURL(/\/login\?next=/);
  const after = await copy.get(overview, { maxRedirects: 0 });
  expect(after.status()).toBe(303);
  expect(after.headers()['location']).toContain('/login');
  await copy.dispose();
});

test('signing in gives a new session id that no one could have planted', async ({
  page,
  demo,
  context,
}) => {
  await signIn(page.request, demo.url, demo.admin);
  const session = async () => {
    const cookies = await context.cookies(demo.url);
    const found = cookies.find((cookie) => cookie.httpOnly && cookie.value.length >= 16);
    expect(found, JSON.stringify(cookies)).toBeDefined();
    return found!;
  };
  const first = await session();
  expect([first.httpOnly, first.sameSite, first.path]).toEqual([true, 'Lax', '/']);
  await signIn(page.request, demo.url, demo.admin);
  const second = await session();
  expect(second.name).toBe(first.name);
  expect(second.value, 'rotated').not.toBe(first.value);
});

for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
  test(`the way back never leaves this site: ${next}`, async ({ request, demo }) => {
    const form = { ...demo.admin, next };
    const answer = await request.post('/login', { form, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    const target = new URL(answer.headers()['location']!, demo.url);
    expect(target.origin).toBe(new URL(demo.url).origin);
  });
}

for (const path of ['/login', '/logout']) {
  test(`another site cannot post to ${path}`, async ({ request, demo }) => {
    const form = { ...demo.admin, next: '/' };
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      const answer = await request.post(path, { form, headers, maxRedirects: 0 });
      expect(answer.status(), JSON.stringify(headers)).toBe(403);
      expect(answer.headers()['set-cookie']).toBeUndefined();
    }
  });
}

test('a get request signs nobody out', async ({ request, demo }) => {
  await signIn(request, demo.url, demo.admin);
  const answer = await request.get('/logout', { maxRedirects: 0 });
  expect([404, 405]).toContain(answer.status());
  expect((await request.get('/me', { maxRedirects: 0 })).status()).toBe(200);
});

test('too many wrong passwords are slowed down, with a time to wait', async ({
  page,
  place,
  request,
}) => {
  // A server of its own: the address of all other tests is the same.
  await place.cli(['load', await emptyScenario(place.folder), '--org', 'slow']);
  await place.createUser('slow', 'ada@slow.example', 'Ada', 'admin', PASSWORD);
  const server = await Server.serve(place);
  try {
    const form = { email: 'ada@slow.example', password: 'wrong', next: '/' };
    let throttled = 0;
    for (let attempt = 1; attempt <= 40 && !throttled; attempt++) {
      const html = await (await request.post(`${server.url}/login`, { form })).text();
      if (html.includes('There were too many attempts')) throttled = attempt;
      else expect(html).toContain('The e-mail or the password is wrong');
    }
    expect(throttled, 'attempts until the account is slowed down').toBeGreaterThan(2);
    await visit(page, `${server.url}/login`);
    await page.getByLabel('E-mail').fill('ada@slow.example');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toContainText(/Try again in \d+ (s|min)/);
    await expect(page.getByLabel('E-mail')).toHaveValue('ada@slow.example');
  } finally {
    await server.stop();
  }
});

async function emptyScenario(folder: string): Promise<string> {
  const { writeFile } = await import('node:fs/promises');
  const file = `${folder}/empty.json`;
  await writeFile(file, JSON.stringify({ name: 'empty' }));
  return file;
}
