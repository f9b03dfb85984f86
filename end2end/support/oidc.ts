// A sign-in service (OpenID Connect) for tests, which can misbehave in every way that matters.
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** How the service misbehaves; `none` is as it should. */
export type Fault =
  | 'none'
  | 'wrong-nonce'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'expired'
  | 'unverified'
  | 'no-email'
  | 'foreign-key'
  | 'unsigned'
  | 'symmetric'
  | 'wrong-state'
  | 'no-token'
  | 'token-error';

/** Whom the service knows. */
export interface Person {
  sub: string;
  email: string;
  name?: string;
}

interface Grant {
  challenge: string;
  nonce: string;
  redirect: string;
  person: Person;
}

const encode = (value: object | Buffer) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

export class Provider {
  readonly clientId = 'tokenscope';
  // What a form encoding changes, so that the encoding of the header is tested too.
  readonly clientSecret = 'hush: 100% +/=';
  fault: Fault = 'none';
  person: Person = { sub: 'u-1', email: 'nobody@acme.example' };
  /** Whether the page of the service sends people back by itself. */
  asks = false;
  /** Every path that was asked for. */
  readonly asked: string[] = [];
  /** The last answer to a browser: the URL it was sent back to. */
  sentBack = '';
  private key = newKey();
  private readonly grants = new Map<string, Grant>();
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(port = 0): Promise<Provider> {
    let provider: Provider;
    const server = createServer((request, response) => void provider.answer(request, response));
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    const address = server.address();
    if (!address || typeof address === 'string') throw new Error('no port');
    provider = new Provider(`http://127.0.0.1:${address.port}`, server);
    return provider;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** From now on tokens are signed with a key that nobody has seen. */
  rotateKey() {
    this.key = newKey();
  }

  /** The settings of a server that trusts this service. */
  settings(more: Record<string, string> = {}): Record<string, string> {
    return {
      TOKENSCOPE_OIDC_ISSUER: this.url,
      TOKENSCOPE_OIDC_CLIENT_ID: this.clientId,
      TOKENSCOPE_OIDC_CLIENT_SECRET: this.clientSecret,
      TOKENSCOPE_OIDC_DOMAINS: 'acme.example, Acme.Test',
      TOKENSCOPE_OIDC_NAME: 'Acme SSO',
      ...more,
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', this.url);
    this.asked.push(url.pathname);
    const json = (body: object, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json(this.discovery());
      case '/jwks':
        return json({ keys: [this.key.jwk] });
      case '/authorize':
        return this.authorize(url.searchParams, response);
      case '/token':
        return this.token(request, await read(request), json);
      default:
        return json({ error: 'not_found' }, 404);
    }
  }

  private discovery() {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'email', 'profile'],
    };
  }

  private authorize(query: URLSearchParams, response: ServerResponse) {
    const get = (name: string) => query.get(name) ?? '';
    const right =
      get('client_id') === this.clientId &&
      get('response_type') === 'code' &&
      get('code_challenge_method') === 'S256' &&
      get('scope').split(' ').includes('openid') &&
      get('redirect_uri').endsWith('/login/oidc/callback') &&
      get('state').length >= 20 &&
      get('nonce').length >= 20;
    if (!right) {
      response.writeHead(400).end(`bad request: ${query}`);
      return;
    }
    const code = randomUUID();
    const [challenge, nonce, redirect] = [get('code_challenge'), get('nonce'), get('redirect_uri')];
    this.grants.set(code, { challenge, nonce, redirect, person: this.person });
    const state = this.fault === 'wrong-state' ? 'x'.repeat(52) : get('state');
    const yes = `${redirect}?${new URLSearchParams({ code, state })}`;
    const no = `${redirect}?${new URLSearchParams({ error: 'access_denied', state })}`;
    this.sentBack = yes;
    if (!this.asks) {
      response.writeHead(302, { location: yes }).end();
      return;
    }
    const link = (url: string, words: string) =>
      `<a href="${url.replaceAll('&', '&amp;')}">${words}</a>`;
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Acme SSO</title>' +
        `<h1>Acme SSO</h1>${link(yes, 'Allow')} ${link(no, 'Deny')}</html>`,
    );
  }

  private token(
    request: IncomingMessage,
    form: URLSearchParams,
    json: (body: object, status?: number) => void,
  ) {
    if (this.fault === 'token-error') return json({ error: 'server_error' }, 500);
    const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
    const basic = `${encoded(this.clientId)}:${encoded(this.clientSecret)}`;
    const wanted = `Basic ${Buffer.from(basic).toString('base64')}`;
    if (request.headers.authorization !== wanted) return json({ error: 'invalid_client' }, 401);
    const code = form.get('code') ?? '';
    const grant = this.grants.get(code);
    this.grants.delete(code);
    const verifier = form.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const right =
      form.get('grant_type') === 'authorization_code' &&
      grant?.challenge === challenge &&
      grant.redirect === form.get('redirect_uri');
    if (!right) return json({ error: 'invalid_grant' }, 400);
    const answer = { access_token: randomUUID(), token_type: 'Bearer', expires_in: 300 };
    if (this.fault === 'no-token') return json(answer);
    json({ ...answer, id_token: this.idToken(grant) });
  }

  private idToken({ nonce, person }: Grant): string {
    const is = (fault: Fault) => this.fault === fault;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: is('wrong-issuer') ? 'https://evil.example' : this.url,
      aud: is('wrong-audience') ? 'another-client' : this.clientId,
      sub: person.sub,
      iat: is('expired') ? now - 900 : now,
      exp: is('expired') ? now - 600 : now + 300,
      nonce: is('wrong-nonce') ? 'y'.repeat(52) : nonce,
      name: person.name,
      ...(is('no-email') ? {} : { email: person.email, email_verified: !is('unverified') }),
    };
    // The foreign key calls itself by the name of the right one.
    const key = is('foreign-key') ? newKey() : this.key;
    const alg = is('unsigned') ? 'none' : is('symmetric') ? 'HS256' : 'RS256';
    const body = `${encode({ alg, typ: 'JWT', kid: this.key.jwk.kid })}.${encode(claims)}`;
    if (is('unsigned')) return `${body}.`;
    if (is('symmetric')) {
      return `${body}.${createHmac('sha256', this.clientSecret).update(body).digest('base64url')}`;
    }
    return `${body}.${encode(sign('sha256', Buffer.from(body), key.secret))}`;
  }
}

interface Key {
  secret: KeyObject;
  jwk: Record<string, string>;
}

function newKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const jwk = { kty: 'RSA', use: 'sig', alg: 'RS256', kid: randomUUID(), n, e };
  return { secret: privateKey, jwk };
}

async function read(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const part of request) text += part;
  return new URLSearchParams(text);
}
