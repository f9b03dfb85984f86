// A mail server that keeps what it gets, for tests.
import { createServer, type Server as Listener, type Socket } from 'node:net';

export interface Mail {
  to: string[];
  subject: string;
  /** The text, decoded. */
  body: string;
}

export class Sink {
  readonly mails: Mail[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly listener: Listener,
    readonly port: number,
  ) {}

  static async start(): Promise<Sink> {
    const listener = createServer();
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
    const address = listener.address();
    const sink = new Sink(listener, typeof address === 'object' && address ? address.port : 0);
    listener.on('connection', (socket) => sink.talk(socket));
    return sink;
  }

  private talk(socket: Socket) {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    let [received, to, inText]: [string, string[], boolean] = ['', [], false];
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 sink');
    socket.on('data', (part) => {
      received += part.toString('latin1');
      for (;;) {
        const end = received.indexOf(inText ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const text = received.slice(0, end);
        received = received.slice(end + (inText ? 5 : 2));
        if (inText) {
          this.mails.push(read(text, to));
          [to, inText] = [[], false];
          say('250 kept');
          continue;
        }
        const command = text.toUpperCase();
        if (command.startsWith('RCPT TO:')) to.push(text.slice(8).replace(/[<>\s]/g, ''));
        inText = command === 'DATA';
        if (command === 'QUIT') socket.end('221 bye\r\n');
        else say(inText ? '354 go on' : '250 ok');
      }
    });
  }

  /** The newest mail to an address, once there are so many. */
  async mailTo(address: string, count = 1): Promise<Mail> {
    const until = Date.now() + 20_000;
    for (;;) {
      const found = this.mails.filter((mail) => mail.to.includes(address));
      if (found.length >= count) return found[count - 1]!;
      if (Date.now() > until) throw new Error(`${found.length} of ${count} mails to ${address}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.listener.close(done));
  }
}

function read(text: string, to: string[]): Mail {
  const middle = text.indexOf('\r\n\r\n');
  const head = text.slice(0, middle).replace(/\r\n[ \t]+/g, ' ');
  const body = text.slice(middle + 4).replace(/^\.\./gm, '.');
  const header = (name: string) =>
    new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
  return {
    to,
    subject: words(header('Subject')),
    body: decode(body, header('Content-Transfer-Encoding').toLowerCase()),
  };
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString('utf8');
  const plain = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1').toString('utf8');
}

/** The encoded words of RFC 2047. */
function words(text: string): string {
  const word = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;
  return text.replace(/\?=\s+=\?/g, '?==?').replace(word, (_, kind: string, inner: string) => {
    if (kind.toLowerCase() === 'b') return Buffer.from(inner, 'base64').toString('utf8');
    return decode(inner.replace(/_/g, ' '), 'quoted-printable');
  });
}
