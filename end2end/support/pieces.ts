// A proxy through which a document arrives piece by piece, as it does over a slow line. A busy
// machine parses it the same way, with paints in between, but never twice at the same places.
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Characters; a page has dozens of such pieces, so that some end inside of every table. */
const PIECE = 700;
/** Longer than a frame: the browser may paint after each piece. */
const GAP_MS = 25;

export class Pieces {
  private constructor(
    private readonly listener: Server,
    readonly url: string,
  ) {}

  /** Stands before the server at `url`; `edit` changes the documents on their way. */
  static async before(url: string, edit = (html: string) => html): Promise<Pieces> {
    const listener = createServer((asked, answer) => {
      const { method } = asked;
      const headers = { ...asked.headers, 'accept-encoding': 'identity' };
      const onward = request(new URL(asked.url ?? '/', url), { method, headers }, async (got) => {
        if (!got.headers['content-type']?.startsWith('text/html')) {
          answer.writeHead(got.statusCode ?? 502, got.headers);
          got.pipe(answer);
          return;
        }
        // Edited, it may be of another length than the server says.
        delete got.headers['content-length'];
        answer.writeHead(got.statusCode ?? 502, got.headers);
        for (const piece of cut(edit(await whole(got)))) {
          answer.write(piece);
          await new Promise((next) => setTimeout(next, GAP_MS));
        }
        answer.end();
      });
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
    const { port } = listener.address() as AddressInfo;
    return new Pieces(listener, `http://127.0.0.1:${port}`);
  }

  async stop() {
    const closed = new Promise((done) => this.listener.close(done));
    this.listener.closeAllConnections();
    await closed;
  }
}

async function whole(got: IncomingMessage): Promise<string> {
  got.setEncoding('utf8');
  let text = '';
  for await (const part of got) text += part;
  return text;
}

/** What is seen, in pieces; what follows it, data for the scripts, as one. */
function cut(html: string): string[] {
  const end = html.search(/<script[^>]* type="module"/);
  const seen = html.slice(0, end).match(new RegExp(`.{1,${PIECE}}`, 'gsu')) ?? [];
  return [...seen, html.slice(end)];
}
