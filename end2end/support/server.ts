// The server under test: a process of its own on a port and a database of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const START_MS = 120_000;
const STOP_MS = 15_000;

export function binary(): string {
  const given = process.env['TOKENSCOPE_BIN'];
  const path = resolve(given || join(import.meta.dirname, '../../target/debug/tokenscope'));
  if (!existsSync(path)) {
    throw new Error(
      `there is no server at ${path}: build it, or name it in TOKENSCOPE_BIN ` +
        '(`cargo xtask test` does both)',
    );
  }
  return path;
}

export async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => done(port));
    });
  });
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A temporary folder with a database; every command and server here works on it. */
export class Place {
  private constructor(
    readonly folder: string,
    readonly database: string,
  ) {}

  static async make(): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenscope-e2e-'));
    return new Place(folder, `sqlite:${join(folder, 't.db')}`);
  }

  environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
    return { ...process.env, DATABASE_URL: this.database, ...more };
  }

  start(args: string[], more: Record<string, string> = {}): ChildProcess {
    return spawn(binary(), args, {
      cwd: this.folder,
      env: this.environment(more),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Runs a command to its end, whatever that is. */
  async run(args: string[], input = '', more: Record<string, string> = {}): Promise<Ended> {
    const child = this.start(args, more);
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    return ended(child);
  }

  /** Runs a command that has to succeed, and answers what it printed. */
  async cli(args: string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) {
      throw new Error(`tokenscope ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
    }
    return stdout;
  }

  async createUser(org: string, email: string, name: string, role: string, password: string) {
    const who = ['--org', org, '--email', email, '--name', name, '--role', role];
    await this.cli(['user', 'create', ...who, '--password-stdin'], `${password}\n`);
  }

  async createKey(org: string, name: string, scopes: string): Promise<string> {
    const printed = await this.cli([
      ...['key', 'create', '--org', org],
      ...['--name', name, '--scopes', scopes],
    ]);
    const key = printed.trim().split('\n').at(-1) ?? '';
    if (!key.startsWith('tsk_')) throw new Error(`no key in the last line of: ${printed}`);
    return key;
  }

  async remove() {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (part) => (stdout += part));
  child.stderr?.on('data', (part) => (stderr += part));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}

/** `serve` on a free port, ready to answer. */
export class Server {
  private constructor(
    readonly url: string,
    readonly child: ChildProcess,
    private readonly end: Promise<Ended>,
    private readonly printed: () => string,
  ) {}

  static async serve(
    place: Place,
    args: string[] = [],
    more: Record<string, string> = {},
  ): Promise<Server> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const address = { TOKENSCOPE_ADDRESS: `127.0.0.1:${port}` };
    const child = place.start(['serve', ...args], { ...more, ...address });
    let printed = '';
    child.stdout?.on('data', (part) => (printed += part));
    const server = new Server(url, child, ended(child), () => printed);
    try {
      await server.ready();
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return server;
  }

  private async ready() {
    let over: Ended | undefined;
    void this.end.then((end) => (over = end));
    const until = Date.now() + START_MS;
    for (;;) {
      if (over) throw new Error(`the server ended early:\n${over.stdout}${over.stderr}`);
      const ready = await fetch(`${this.url}/readyz`).then(
        (answer) => answer.status === 200,
        () => false,
      );
      if (ready) return;
      if (Date.now() > until) throw new Error(`${this.url}/readyz is not 200 in ${START_MS} ms`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }

  /** The rest of a line `name: rest` on its standard output. */
  async line(name: string): Promise<string> {
    const until = Date.now() + 10_000;
    for (;;) {
      const line = this.printed()
        .split('\n')
        .find((line) => line.startsWith(`${name}: `));
      if (line) return line.slice(name.length + 2).trim();
      if (Date.now() > until) throw new Error(`no line "${name}: …" in\n${this.printed()}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  /** Asks it to stop as a service manager does, and waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    const kill = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    this.child.kill(signal);
    const end = await this.end;
    clearTimeout(kill);
    return end;
  }
}
