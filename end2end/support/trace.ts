// The real metered calls of shared/data/azure_llm_conv_2023.csv as usage events.
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

const FOLDER = process.env['TOKENSCOPE_SHARED_DATA'] || join(import.meta.dirname, '../../../shared/data');
export const TRACE = resolve(FOLDER, 'azure_llm_conv_2023.csv');
export const API = 'llm-inference';
export const VARIANTS = ['context', 'generated'] as const;

export interface TraceEvent {
  source: string;
  id: string;
  time: string;
  client_id: string;
  api: string;
  variant: (typeof VARIANTS)[number];
  quantity: string;
}

/** Two events a call, by variant; ids are the file's line numbers, the heading being line 1. */
export async function readTrace(client: string): Promise<Record<string, TraceEvent[]>> {
  const lines = (await readFile(TRACE, 'utf8')).split(/\r?\n/);
  if (lines[0] !== 'TIMESTAMP,ContextTokens,GeneratedTokens') {
    throw new Error(`${TRACE} has another heading: ${lines[0]}`);
  }
  const events: Record<string, TraceEvent[]> = { context: [], generated: [] };
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === '') continue;
    const [timestamp = '', ...quantities] = line.split(',');
    const time = `${timestamp.replace(' ', 'T')}Z`;
    for (const [place, variant] of VARIANTS.entries()) {
      const quantity = quantities[place] ?? '';
      if (!/^\d+$/.test(quantity)) throw new Error(`${TRACE}:${index + 1}: ${line}`);
      const id = `${index + 1}-${variant}`;
      const source = basename(TRACE);
      events[variant]?.push({ source, id, time, client_id: client, api: API, variant, quantity });
    }
  }
  return events;
}

/** Posts all events in batches and counts what became of them. */
export async function send(
  url: string,
  key: string,
  events: TraceEvent[],
  batch = 10_000,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let at = 0; at < events.length; at += batch) {
    const part = events.slice(at, at + batch);
    const answer = await fetch(`${url}/api/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(part),
    });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    const { results } = (await answer.json()) as { results: { status: string }[] };
    if (results.length !== part.length) throw new Error(`${results.length} of ${part.length}`);
    for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
