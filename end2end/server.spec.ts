// The process itself: how it starts, refuses to start, and stops. No browser.
import { createServer } from 'node:net';
import { stat } from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import { Place, Server } from './support/server.ts';
import { expect, load, lot, rate, test } from './support/test.ts';

/** The text of an error as a person sees it: without colours, time stamps and blank lines. */
function lines(text: string): string[] {
  return text.replace(/\x1b\[[\d;]*m/g, '').split('\n').filter((line) => line.trim() !== '');
}

for (const url of ['mysql://localhost/x', 'sqlite:/nowhere/at/all/t.db', 'rubbish']) {
  test(`a wrong DATABASE_URL ends with one clear line: ${url}`, async ({ place }) => {
    const { code, stdout, stderr } = await place.run(['serve'], '', { DATABASE_URL: url });
    expect(code).not.toBe(0);
    expect(code).not.toBe(101);
    expect(lines(stderr), stdout).toHaveLength(1);
    expect(stderr).toContain('DATABASE_URL');
    expect(stderr).not.toContain('panicked');
  });
}

test('a used port ends with one clear line', async ({ place }) => {
  const taken = createServer();
  const port = await new Promise<number>((done) => {
    taken.listen(0, '127.0.0.1', () => done((taken.address() as { port: number }).port));
  });
  const address = `127.0.0.1:${port}`;
  const { code, stderr } = await place.run(['serve'], '', { TOKENSCOPE_ADDRESS: address });
  taken.close();
  expect(code).not.toBe(0);
  expect(code).not.toBe(101);
  expect(stderr).toContain(String(port));
  expect(lines(stderr).filter((line) => line.includes(String(port)))).toHaveLength(1);
  expect(stderr).not.toContain('panicked');
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets requests end and stops the server`, async ({ place }) => {
    await load(place, 'stop', { name: 'stop', lots: [] });
    const server = await Server.serve(place);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const begun = Date.now();
    const { code } = await server.stop(signal);
    expect(code).toBe(0);
    expect(Date.now() - begun).toBeLessThan(12_000);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });
}

test('the demo keeps its secrets in a file only its owner reads', async ({ place }) => {
  const spec = ['--demo', '--demo-events', '2000', '--demo-days', '40'];
  const secrets = async (server: Server) => [
    await server.line('user'),
    await server.line('password'),
    await server.line('ingest key'),
  ];
  const first = await Server.serve(place, spec);
  expect(await first.line('address')).toBe(first.url);
  const made = await secrets(first);
  await first.stop();
  const second = await Server.serve(place, spec);
  expect(await secrets(second), 'the same at every start').toEqual(made);
  await second.stop();
  const file = (await readdir(place.folder)).find((name) => name.endsWith('.demo.json'));
  expect(file, 'a file beside the database').toBeDefined();
  expect((await stat(`${place.folder}/${file}`)).mode & 0o077).toBe(0);
});

test('nobody makes the demo anew under a running server', async ({ place }) => {
  const spec = ['--demo', '--demo-events', '2000', '--demo-days', '40'];
  const first = await Server.serve(place, spec);
  const fresh = { TOKENSCOPE_ADDRESS: '127.0.0.1:0' };
  const { code, stderr } = await place.run(['serve', ...spec, '--fresh'], '', fresh);
  expect(code).not.toBe(0);
  expect(stderr).toContain('another process serves this demo');
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  await first.stop();
});

test('loading the same file again changes nothing', async ({ place }) => {
  const scenario = {
    name: 'twice',
    lots: [{ id: 'l1', team: 't', kind: 'flex', tokens: '10', effective: '2024-01-01T00:00:00Z' }],
  };
  await load(place, 'twice', scenario);
  await load(place, 'twice', scenario);
  const key = await place.createKey('twice', 'k', 'read');
  const server = await Server.serve(place);
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${server.url}/api/v1/balance`, { headers });
  const { items } = (await answer.json()) as { items: { balance: string }[] };
  expect(items.map((item) => item.balance)).toEqual(['10']);
  await server.stop();
});

test('a file that is no scenario is refused with its place', async () => {
  const place = await Place.make();
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${place.folder}/bad.json`, '{"name": "x", "lotz": []}');
  const { code, stderr } = await place.run(['load', `${place.folder}/bad.json`, '--org', 'x']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('lotz');
  expect(stderr).toContain('bad.json');
  await place.remove();
});

test('kill -9 in the middle loses nothing that was acknowledged', async ({ place }) => {
  const books = {
    name: 'hard',
    rates: [rate('render', '1', '1')],
    lots: [lot('l1', 'alpha', '100000')],
  };
  await load(place, 'hard', books);
  const key = await place.createKey('hard', 'k', 'ingest,read');
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const batch = (n: number) =>
    Array.from({ length: 200 }, (_, i) => ({
      ...{ source: 'hard', id: `${n}-${i}`, team: 'alpha', api: 'render', quantity: 1 },
    }));
  const send = (url: string, n: number) =>
    fetch(`${url}/api/v1/events`, { method: 'POST', headers, body: JSON.stringify(batch(n)) });

  const first = await Server.serve(place);
  const acknowledged = new Set<number>();
  const sending = (async () => {
    for (let n = 0; n < 1000; n++) {
      const answer = await send(first.url, n);
      if (answer.status === 200) acknowledged.add(n);
    }
  })().catch(() => 'cut off');
  await expect.poll(() => acknowledged.size).toBeGreaterThan(3);
  await first.stop('SIGKILL');
  expect(await sending).toBe('cut off');

  const second = await Server.serve(place);
  const used = async () => {
    const answer = await fetch(`${second.url}/api/v1/balance`, { headers });
    const { items } = (await answer.json()) as { items: { used: string }[] };
    return Number(items[0]?.used);
  };
  // Whole batches only: all that were acknowledged, and at most the one that was cut off.
  const kept = (await used()) / 200;
  expect([acknowledged.size, acknowledged.size + 1]).toContain(kept);
  for (const n of acknowledged) {
    const { results } = (await (await send(second.url, n)).json()) as {
      results: { status: string }[];
    };
    expect(new Set(results.map((result) => result.status))).toEqual(new Set(['duplicate']));
  }
  expect(await used()).toBe(kept * 200);
  await second.stop();
});
