// The event API and its answers to bad input, over HTTP.
import type { APIRequestContext, APIResponse } from '@playwright/test';
import { expect, test } from './support/test.ts';

test.use({ baseURL: async ({ books }, use) => use(books.url) });

interface Result {
  status: string;
  charge?: string;
  field?: string;
  reason?: string;
}

let serial = 0;
/** An event of a key never used before. */
function event(more: object = {}): Record<string, unknown> {
  serial += 1;
  const id = `${process.pid}-${Date.now()}-${serial}`;
  return { source: 'api-test', id, client_id: 'robot', api: 'render', quantity: 3, ...more };
}

function post(request: APIRequestContext, key: string, body: unknown, type = 'application/json') {
  const headers = { authorization: `Bearer ${key}`, 'content-type': type };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const data = Buffer.isBuffer(body) ? body : Buffer.from(text);
  return request.post('/api/v1/events', { headers, data });
}

async function results(answer: APIResponse): Promise<Result[]> {
  expect(answer.status(), await answer.text()).toBe(200);
  return ((await answer.json()) as { results: Result[] }).results;
}

async function isProblem(answer: APIResponse, status: number): Promise<Record<string, unknown>> {
  expect(answer.status(), await answer.text()).toBe(status);
  expect(answer.headers()['content-type']).toMatch(/^application\/problem\+json/);
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, title: expect.any(String) });
  expect(JSON.stringify(problem)).not.toMatch(/sqlx|sqlite|panicked|src\//i);
  return problem;
}

test('one event or an array, numbers or decimal strings', async ({ request, books }) => {
  expect(await results(await post(request, books.key, event()))).toEqual([
    { status: 'accepted', charge: '1.5' },
  ]);
  const quantities = ['3', 3, '3.0', 0.000002, '0.000001', undefined];
  const answer = await post(request, books.key, quantities.map((quantity) => event({ quantity })));
  const charges = (await results(answer)).map((result) => result.charge);
  expect(charges).toEqual(['1.5', '1.5', '1.5', '0.000001', '0.000001', '0.5']);
});

test('the same event again is a duplicate, other content a conflict', async ({
  request,
  books,
}) => {
  const time = new Date(Date.now() - 60_000).toISOString();
  const first = event({ time });
  const untimed = event();
  const sent = [first, untimed];
  const statuses = async (events: object[]) =>
    (await results(await post(request, books.key, events))).map((result) => result.status);
  expect(await statuses(sent)).toEqual(['accepted', 'accepted']);
  expect(await statuses(sent)).toEqual(['duplicate', 'duplicate']);
  expect(await statuses([{ ...first, quantity: 4 }, { ...first, quantity: '3.0' }])).toEqual([
    'conflict',
    'duplicate',
  ]);
  const twin = event();
  expect(await statuses([twin, twin])).toEqual(['accepted', 'duplicate']);
});

test('the same batch from many senders at once counts once', async ({ request, books }) => {
  const batch = Array.from({ length: 50 }, () => event());
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => post(request, books.key, batch)),
  );
  const all = await Promise.all(answers.map(results));
  for (const place of batch.keys()) {
    const seen = all.map((answer) => answer[place]!.status).sort();
    expect(seen).toEqual(['accepted', ...Array.from({ length: 5 }, () => 'duplicate')]);
  }
});

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
for (const [what, more, field] of [
  ['a negative quantity', { quantity: -1 }, 'quantity'],
  ['a negative quantity in words', { quantity: '-0.5' }, 'quantity'],
  ['a quantity that is no number', { quantity: 'many' }, 'quantity'],
  ['a quantity of another type', { quantity: { value: 1 } }, 'quantity'],
  ['a quantity that is too fine', { quantity: '0.0000001' }, 'quantity'],
  ['a quantity that is too large', { quantity: '1000000000001' }, 'quantity'],
  ['a time too far ahead', { time: inMinutes(10) }, 'time'],
  ['a time that is none', { time: 'yesterday' }, 'time'],
  ['a time without a zone', { time: '2026-10-01T12:00:00' }, 'time'],
  ['a time before the accept window', { time: inMinutes(-410 * 24 * 60) }, 'time'],
  ['an unknown member', { colour: 'blue' }, 'colour'],
  ['an unknown team', { client_id: undefined, team: 'gamma' }, 'team'],
  ['no source', { source: undefined }, 'source'],
  ['an empty id', { id: '' }, 'id'],
  ['a source of another type', { source: 7 }, 'source'],
  ['no API', { api: undefined }, 'api'],
  ['an unknown status', { status: 'meh' }, 'status'],
  ['tokens without the scope', { tokens: '5' }, 'tokens'],
] as const) {
  test(`${what} is rejected by name, its neighbours are not`, async ({ request, books }) => {
    const answer = await post(request, books.key, [event(), event(more), event()]);
    const [before, wrong, after] = await results(answer);
    expect([before?.status, after?.status]).toEqual(['accepted', 'accepted']);
    expect(wrong).toMatchObject({ status: 'rejected', field });
    expect(wrong?.reason?.length).toBeGreaterThan(5);
  });
}

test('neither app nor team is rejected, and so are both', async ({ request, books }) => {
  const answer = await post(request, books.key, [
    event({ client_id: undefined }),
    event({ team: 'alpha' }),
  ]);
  for (const result of await results(answer)) expect(result.status).toBe('rejected');
});

test('a quantity that is not finite is not read at all', async ({ request, books }) => {
  const body = (quantity: string) => JSON.stringify(event()).replace('"quantity":3', `"quantity":${quantity}`);
  await isProblem(await post(request, books.key, body('NaN')), 400);
  const [huge] = await results(await post(request, books.key, `[${body('1e400')}]`)).catch(() => [
    undefined,
  ]);
  // A number beyond all floats is either named or refused as unreadable; never taken.
  if (huge) expect(huge).toMatchObject({ status: 'rejected', field: 'quantity' });
  else await isProblem(await post(request, books.key, body('1e400')), 400);
});

for (const [what, body] of [
  ['malformed JSON', '[{"source":'],
  ['no JSON', 'hello'],
  ['an empty body', ''],
  ['text behind the JSON', '[] []'],
  ['not UTF-8', Buffer.from('["\xff\xfe"]', 'latin1')],
] as const) {
  test(`${what} gets 400 and stores nothing`, async ({ request, books }) => {
    const problem = await isProblem(await post(request, books.key, body), 400);
    expect(String(problem['detail']).length).toBeGreaterThan(5);
  });
}

test('a body of another kind of value is refused', async ({ request, books }) => {
  for (const body of ['7', 'null', '"event"']) {
    const answer = await post(request, books.key, body);
    expect([400, 422], body).toContain(answer.status());
    await isProblem(answer, answer.status());
  }
  expect(await results(await post(request, books.key, '[]'))).toEqual([]);
  const [odd] = await results(await post(request, books.key, '[7]'));
  expect(odd?.status).toBe('rejected');
});

test('too large a body and too many events get 413', async ({ request, books }) => {
  const big = JSON.stringify([event({ attributes: { note: 'x'.repeat(9 * 1024 * 1024) } })]);
  const tooBig = await isProblem(await post(request, books.key, big), 413);
  expect(JSON.stringify(tooBig)).toMatch(/8/);
  const many = Array.from({ length: 10_001 }, (_, n) => ({ ...event(), id: `many-${n}` }));
  await isProblem(await post(request, books.key, many), 413);
  // Nothing of it was stored.
  expect((await results(await post(request, books.key, [many[0]])))[0]?.status).toBe('accepted');
});

test('keys: missing, malformed, unknown, without the scope', async ({ request, books }) => {
  const [head = '', tail = ''] = [books.key.slice(0, -1), books.key.slice(-1)];
  const wrong = head + (tail === 'a' ? 'b' : 'a');
  for (const bad of ['tsk_1_1_nonsense', 'nonsense', wrong, '']) {
    const problem = await isProblem(await post(request, bad, event()), 401);
    if (bad) expect(JSON.stringify(problem)).not.toContain(bad);
  }
  const missing = await request.post('/api/v1/events', { data: event() });
  await isProblem(missing, 401);
  expect(missing.headers()['www-authenticate']).toMatch(/^Bearer/);
  const denied = await isProblem(await post(request, books.readOnlyKey, event()), 403);
  expect(JSON.stringify(denied)).toContain('ingest');
});

test('other content types get 415, unknown paths 404, other methods 405', async ({
  request,
  books,
}) => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/csv']) {
    await isProblem(await post(request, books.key, event(), type), 415);
  }
  const headers = { authorization: `Bearer ${books.key}` };
  await isProblem(await request.get('/api/v1/nothing', { headers }), 404);
  await isProblem(await request.get('/api/v9', { headers }), 404);
  await isProblem(await request.delete('/api/v1/events', { headers }), 405);
});

test('balance and apps answer lists of exact amounts', async ({ request, books }) => {
  const headers = { authorization: `Bearer ${books.readOnlyKey}` };
  const one = async () => {
    const answer = await request.get('/api/v1/balance?team=beta', { headers });
    expect(answer.status()).toBe(200);
    const list = await answer.json();
    expect(list.next).toBeNull();
    expect(list.items).toHaveLength(1);
    return list.items[0] as Record<string, string>;
  };
  const before = await one();
  expect(before).toMatchObject({ team: 'beta', access: 'full', total: '100', debt: '0' });
  const scan = event({ client_id: 'printer', api: 'scan', quantity: 51 });
  const [result] = await results(await post(request, books.key, scan));
  expect(result).toEqual({ status: 'accepted', charge: '2' });
  const after = await one();
  expect(Number(before['balance']) - Number(after['balance'])).toBe(2);
  expect(after['available']).toBe(after['balance']);
  await isProblem(await request.get('/api/v1/balance?team=gamma', { headers }), 404);

  const apps = await (await request.get('/api/v1/apps', { headers })).json();
  const teams = new Map(apps.items.map((app: Record<string, string>) => [app['client_id'], app['team']]));
  expect(teams.get('robot')).toBe('alpha');
  expect(teams.get('printer')).toBe('beta');
});

test('an unknown app is accepted and listed as unassigned', async ({ request, books }) => {
  const [result] = await results(await post(request, books.key, event({ client_id: 'stranger' })));
  expect(result?.status).toBe('accepted');
  expect(result?.charge ?? null).toBeNull();
  const headers = { authorization: `Bearer ${books.readOnlyKey}` };
  const apps = await (await request.get('/api/v1/apps', { headers })).json();
  const found = apps.items.find((app: { client_id: string }) => app.client_id === 'stranger');
  expect(found).toMatchObject({ team: null });
});
