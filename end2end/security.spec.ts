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
  const names = [...html.matchAll(/["'](\/[^"'#\s]+\.(?:js|wasm|css|svg))[#"']/g)].map((m) => m[1]!);
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
