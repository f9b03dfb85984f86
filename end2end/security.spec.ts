import { demoTest as test, expect } from './support/test.ts';

function directives(policy: string): Map<string, string[]> {
  const parts = policy.split(';').map((part) => part.trim().split(/\s+/));
  return new Map(parts.map(([name = '', ...sources]) => [name, sources]));
}

for (const path of ['/login', '/overview', '/me', '/nowhere']) {
  test(`${path} is sent with all security headers`, async ({ request }) => {
    const answer = await request.get(path);
    const headers = answer.headers();
    const policy = directives(headers['content-security-policy'] ?? '');
    expect(headers['content-security-policy']).not.toContain('unsafe-inline');
    expect(headers['content-security-policy']).not.toMatch(/'unsafe-eval'/);
    expect(policy.get('style-src')).toEqual(["'self'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    expect(policy.get('base-uri')?.length).toBe(1);
    expect(policy.get('form-action')).toEqual(["'self'"]);
    const scripts = policy.get('script-src') ?? [];
    const nonce = scripts.find((source) => source.startsWith("'nonce-"))?.slice(7, -1) ?? '';
    expect(nonce.length).toBeGreaterThanOrEqual(16);
    const others = scripts.filter((source) => !source.startsWith("'nonce-")).sort();
    expect(others).toEqual(["'self'", "'wasm-unsafe-eval'"]);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toMatch(/^(no-referrer|same-origin|strict-origin.*)$/);
    expect(headers['x-request-id']).toBeTruthy();
    expect(headers['cache-control'], 'a page of a person is not kept').toMatch(/no-store|private/);
    expect(headers['server']).toBeUndefined();

    const html = await answer.text();
    expect(html).not.toMatch(/<[^>]+\sstyle=/);
    expect(html).not.toMatch(/<style[\s>]/);
    expect(html).not.toMatch(/<[^>]+\son[a-z]+=/);
    const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)([^>]*)>/g)].map((tag) => tag[1]);
    expect(inline.length).toBeGreaterThan(0);
    for (const attributes of inline) expect(attributes).toContain(`nonce="${nonce}"`);

    const again = (await request.get(path)).headers()['content-security-policy'] ?? '';
    expect(again, 'a nonce is used once').not.toContain(nonce);
  });
}

test('static files are immutable, compressed and under hashed names', async ({ request, demo }) => {
  const html = await (await request.get('/overview')).text();
  const names = [...html.matchAll(/["'](\/assets\/[^"'#\s]+\.(?:js|wasm|css|svg))[#"']/g)].map((m) => m[1]!);
  const files = [...new Set(names)];
  for (const ending of ['js', 'wasm', 'css', 'svg']) {
    expect(files.some((file) => file.endsWith(`.${ending}`)), `${ending} in ${files}`).toBe(true);
  }
  for (const file of files) {
    const answer = await request.get(file, { headers: { 'accept-encoding': 'br' } });
    const headers = answer.headers();
    expect(answer.status(), file).toBe(200);
    expect(headers['cache-control'], file).toBe('public, max-age=31536000, immutable');
    expect(headers['x-content-type-options'], file).toBe('nosniff');
    if (/\.(js|wasm|css)$/.test(file)) {
      expect(headers['content-encoding'], file).toBe('br');
      expect(headers['vary']?.toLowerCase(), file).toContain('accept-encoding');
    }
    if (file.endsWith('.wasm')) expect(headers['content-type']).toBe('application/wasm');
    if (file.endsWith('.js')) expect(headers['content-type']).toMatch(/^(text|application)\/javascript/);
    // Another name gets nothing, and nothing that a cache would keep for a year.
    const wrong = await request.get(file.replace(/\.(\w+)$/, '0.$1'));
    expect(wrong.status(), file).toBe(404);
    expect(wrong.headers()['cache-control'] ?? '').not.toContain('immutable');
  }
  for (const outside of ['/pkg/../../Cargo.toml', '/pkg/%2e%2e/%2e%2e/etc/passwd']) {
    const answer = await fetch(demo.url + outside, { redirect: 'manual' });
    expect(answer.status, outside).not.toBe(200);
  }
});

test('health and readiness need no session and set no cookie', async ({ playwright, demo }) => {
  const request = await playwright.request.newContext({ baseURL: demo.url });
  for (const path of ['/healthz', '/readyz']) {
    const answer = await request.get(path);
    expect(answer.status(), path).toBe(200);
    expect(answer.headers()['set-cookie'], path).toBeUndefined();
  }
  await request.dispose();
});

test('a page looked at without signing in leaves no cookie behind', async ({
  playwright,
  demo,
}) => {
  const request = await playwright.request.newContext({ baseURL: demo.url });
  const answer = await request.get('/login');
  const set = answer.headersArray().filter((header) => header.name.toLowerCase() === 'set-cookie');
  for (const { value } of set) {
    expect(value).toMatch(/httponly/i);
    expect(value).toMatch(/samesite=lax/i);
  }
  await request.dispose();
});

test('each cookie is HttpOnly and SameSite=Lax', async ({ playwright, demo }) => {
  const request = await playwright.request.newContext({ baseURL: demo.url });
  for (const password of [demo.admin.password, 'not the one it is']) {
    const form = { email: demo.admin.email, password, next: '/' };
    const answer = await request.post('/login', { form, maxRedirects: 0 });
    const set = answer.headersArray().filter((h) => h.name.toLowerCase() === 'set-cookie');
    expect(set.length).toBeGreaterThan(0);
    for (const { value } of set) {
      expect(value).toMatch(/;\s*httponly/i);
      expect(value).toMatch(/;\s*samesite=lax/i);
      expect(value).toMatch(/;\s*path=\//i);
      expect(value, 'no password in a cookie').not.toContain(password);
    }
  }
  await request.dispose();
});

test('a refused form says so, in a page without scripts', async ({ open, demo, watch }) => {
  watch.expect(/the server responded with a status of 403/);
  const context = await open({ baseURL: demo.url });
  const page = await context.newPage();
  // Another origin: the same server under its other name.
  const elsewhere = new URL(demo.url);
  elsewhere.hostname = 'localhost';
  const form = `<form method="post" action="${demo.url}/logout"><button>Send</button></form>`;
  await page.route(`${elsewhere.origin}/trap`, (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!DOCTYPE html><title>x</title>${form}` }),
  );
  await page.goto(`${elsewhere.origin}/trap`);
  const answer = page.waitForResponse((response) => response.url().endsWith('/logout'));
  await page.getByRole('button').click();
  expect((await answer).status()).toBe(403);
  await expect(page.locator('h1')).toHaveText('The form was refused');
  await expect(page.getByTestId('stopped')).toContainText('another site');
  const policy = (await answer).headers()['content-security-policy'] ?? '';
  expect(policy).toContain("style-src 'self'");
  expect(policy, 'nothing to run').not.toContain('script-src');
  await page.getByRole('link', { name: 'Go to the start page' }).click();
  // Still signed in: what the other site asked for did not happen.
  await expect(page).toHaveURL(`${demo.url}/overview`);
});

test('a program gets a problem document for every refusal', async ({ playwright, demo }) => {
  const request = await playwright.request.newContext({ baseURL: demo.url });
  const cases = [
    { method: 'DELETE', path: '/login', status: 405 },
    { method: 'PUT', path: '/api/v1/events', status: 405 },
    { method: 'GET', path: '/assets/none.css', status: 404 },
    { method: 'GET', path: `/overview?range=${'7'.repeat(9000)}`, status: 414 },
  ];
  for (const { method, path, status } of cases) {
    const answer = await request.fetch(path, { method });
    expect(answer.status(), path.slice(0, 40)).toBe(status);
    expect(answer.headers()['content-type']).toBe('application/problem+json');
    const problem = (await answer.json()) as { status: number; detail: string };
    expect(problem.status).toBe(status);
    expect(problem.detail.length).toBeGreaterThan(20);
    if (status === 405) expect(answer.headers()['allow']).toBeTruthy();
  }
  await request.dispose();
});
