import { full } from './support/amount.ts';
import { demoTest as test, expect, onCard, total, visit } from './support/test.ts';

test('a posted event changes balance and chart, in the HTML of the server', async ({
  page,
  demo,
  request,
}) => {
  await visit(page, '/overview');
  const before = { total: await total(page), balance: await onCard(page, 'platform', 'Balance') };

  const event = {
    source: 'live-test',
    id: `${Date.now()}`,
    client_id: 'model-hub',
    user: 'amara.okafor@example.com',
    api: 'model-derivative',
    variant: 'complex',
    quantity: '7',
  };
  const headers = { authorization: `Bearer ${demo.key}` };
  const post = () => request.post('/api/v1/events', { headers, data: event });
  expect(await (await post()).json()).toEqual({
    results: [{ status: 'accepted', charge: '3.5' }],
  });
  expect(await (await post()).json()).toEqual({ results: [{ status: 'duplicate' }] });

  await page.reload();
  expect(await total(page)).toBe(before.total + 3_500_000n);
  expect(await onCard(page, 'platform', 'Balance')).toBe(before.balance - 3_500_000n);

  // What `curl -s` with the session gets: rendered by the server, without any script.
  const html = await (await page.request.get('/overview')).text();
  expect(html).toContain(`${full(before.total + 3_500_000n)} tokens`);
  expect(html).toContain(`${full(before.balance - 3_500_000n)} tokens`);
  expect(html).not.toContain(`${full(before.total)} tokens`);
});

test('the printed key reads the same balance as the page', async ({ page, demo, request }) => {
  await visit(page, '/overview');
  const headers = { authorization: `Bearer ${demo.key}` };
  const answer = await request.get('/api/v1/balance', { headers });
  const { items } = (await answer.json()) as { items: { team: string; access: string }[] };
  expect(items.map(({ team, access }) => [team, access])).toEqual([
    ['fabrication', 'grace'],
    ['field-capture', 'restricted'],
    ['platform', 'full'],
    ['visualization', 'full'],
  ]);
  const apps = await (await request.get('/api/v1/apps', { headers })).json();
  expect(apps.items.length).toBeGreaterThanOrEqual(12);
});
