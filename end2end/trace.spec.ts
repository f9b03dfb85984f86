// Real input: 19 366 metered calls become 38 732 events; every figure is known beforehand.
import { existsSync } from 'node:fs';
import { decimal, full, micro } from './support/amount.ts';
import { Server } from './support/server.ts';
import { API, readTrace, send, TRACE } from './support/trace.ts';
import {
  card,
  choice,
  exact,
  expect,
  load,
  lot,
  onCard,
  rate,
  signIn,
  test,
  total,
  visit,
  PASSWORD,
} from './support/test.ts';

/** From the data's README. */
const KNOWN = { calls: 19_366, context: 22_361_870n, generated: 4_088_665n };
const LOT = 30_000n * 1_000_000n;
/** 1 token per 1000: every charge is exact, so the sums are the README's, in thousandths. */
const charged = (quantity: bigint) => quantity * 1000n;
const DAY = '/overview?from=2023-11-16&to=2023-11-16';

const there = existsSync(TRACE);
if (!there) {
  console.error(
    `\n${'!'.repeat(78)}\nNOT TESTED: the real usage data is not at ${TRACE}.\n` +
      `Set TOKENSCOPE_SHARED_DATA to the folder that holds it.\n${'!'.repeat(78)}\n`,
  );
}

test('the real trace gives exactly the known sums, once', async ({ page, place, request }) => {
  test.skip(!there, `NOT TESTED: no real usage data at ${TRACE}`);
  test.setTimeout(300_000);
  const scenario = {
    name: 'trace',
    rates: [rate(API, '1', '1000')],
    apps: [{ client_id: 'gateway', team: 'research', from: '2023-01-01T00:00:00Z' }],
    lots: [lot('lot-1', 'research', '30000')],
  };
  await load(place, 'trace', scenario, ['--accept-window', 'none']);
  await place.createUser('trace', 'ada@trace.example', 'Ada', 'admin', PASSWORD);
  const key = await place.createKey('trace', 'gateway', 'ingest,read');
  const server = await Server.serve(place);
  try {
    const balance = async () => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await request.get(`${server.url}/api/v1/balance?team=research`, { headers });
      expect(answer.status()).toBe(200);
      const { as_of, ...books } = (await answer.json()).items[0];
      expect(Date.parse(as_of)).toBeGreaterThan(Date.now() - 60_000);
      return books;
    };
    expect(await balance()).toMatchObject({ balance: '30000', used: '0', access: 'full' });

    const events = await readTrace('gateway');
    for (const variant of ['context', 'generated'] as const) {
      const quantities = events[variant]!.map((event) => BigInt(event.quantity));
      expect(quantities).toHaveLength(KNOWN.calls);
      expect(quantities.reduce((a, b) => a + b, 0n), 'the file itself').toBe(KNOWN[variant]);
    }

    // One variant after the other, so that the balance shows each known sum by itself.
    expect(await send(server.url, key, events['context']!)).toEqual({ accepted: KNOWN.calls });
    expect((await balance()).balance).toBe(decimal(LOT - charged(KNOWN.context)));
    expect(await send(server.url, key, events['generated']!)).toEqual({ accepted: KNOWN.calls });
    const used = charged(KNOWN.context + KNOWN.generated);
    const books = await balance();
    expect(books).toMatchObject({
      team: 'research',
      balance: decimal(LOT - used),
      available: decimal(LOT - used),
      used: decimal(used),
      total: '30000',
      debt: '0',
      access: 'full',
    });
    expect(books.balance).toBe('3549.465');

    await signIn(page.request, server.url, { email: 'ada@trace.example', password: PASSWORD });
    const shown = async () => {
      await visit(page, `${server.url}${DAY}`);
      expect(await total(page)).toBe(used);
      const row = page.locator('#by-api tbody tr');
      await expect(row).toHaveCount(1);
      expect(micro((await row.locator('td').first().textContent()) ?? '')).toBe(used);
      await expect(page.locator('#by-api tfoot')).toContainText(full(used));
      const hours = await page.locator('#by-bucket tbody tr td:last-child').allTextContents();
      expect(hours.map(micro).reduce((a, b) => a + b, 0n)).toBe(used);
      expect(hours.map(micro).filter((amount) => amount > 0n)).toHaveLength(2);
      expect(await onCard(page, 'research', 'Balance')).toBe(LOT - used);
      expect(await exact(card(page, 'research').locator('.ring .figure'))).toBe(LOT - used);
      const html = await (await page.request.get(`${server.url}${DAY}`)).text();
      expect(html, 'rendered by the server').toContain(`${full(used)} tokens`);
      await choice(page, 'metrics', 'Events').click();
      await expect(page).toHaveURL(/metric=events/);
      await expect.poll(() => total(page)).toBe(BigInt(2 * KNOWN.calls) * 1_000_000n);
    };
    await shown();

    const all = [...events['generated']!, ...events['context']!].reverse();
    expect(await send(server.url, key, all, 7_000)).toEqual({ duplicate: 2 * KNOWN.calls });
    expect(await balance()).toEqual(books);
    await shown();
  } finally {
    await server.stop();
  }
});
