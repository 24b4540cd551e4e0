// What the scripts share: where the mock org is, a deadline, checks that say
// what they wanted, and the one line of JSON that tells the outcome. A script
// needs an org to itself, since it expects no events but its own.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

// The longest that any one event may take, in milliseconds.
const EVENT_DEADLINE = 20_000;

// org reads the line that `omnibridge mock-org --json` prints, from the first
// argument or from OMNIBRIDGE_MOCK_ORG.
function org() {
  const line = process.argv[2] ?? process.env.OMNIBRIDGE_MOCK_ORG;
  if (!line) {
    throw new Error('no org: pass the JSON line of `omnibridge mock-org --json` as argument or in OMNIBRIDGE_MOCK_ORG');
  }
  const read = JSON.parse(line);
  for (const key of ['url', 'username', 'password', 'client_id', 'client_secret', 'jwt_key_file']) {
    assert.ok(read[key], `the org's JSON line has no ${key}`);
  }
  return read;
}

// run executes the steps in order, prints the result line and ends the process
// with 0, or with 1 and the failed step on stderr. Each step is [name, function].
export async function run(client, steps) {
  const done = [];
  try {
    const target = org();
    for (const [name, step] of steps) {
      try {
        await step(target);
      } catch (cause) {
        throw new Error(`${client}: ${name}: ${cause?.message ?? cause}`, { cause });
      }
      done.push(name);
    }
  } catch (error) {
    console.error(error.message);
    if (error.cause?.stack) console.error(error.cause.stack);
    console.log(JSON.stringify({ client, ok: false, done, error: error.message }));
    process.exit(1);
  }
  console.log(JSON.stringify({ client, ok: true, done }));
  process.exit(0); // the clients keep sockets open
}

export function equal(got, want, what) {
  assert.ok(isDeepStrictEqual(got, want), `${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

export function ok(value, what) {
  assert.ok(value, what);
}

// fails resolves to the error of a promise that must be rejected.
export async function fails(promise, what) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what} was accepted: ${JSON.stringify(value)}`);
}

// within rejects when the promise takes too long.
export function within(promise, what, ms = EVENT_DEADLINE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// control calls the mock org's control plane.
export async function control(org, path, body) {
  const reply = await fetch(`${org.url}/mock/v1${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
}

// API is the version that the scripts without one of their own speak.
export const API = '62.0';

// login gets a token by client credentials, with the address that goes with it.
export async function login(org) {
  const reply = await fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: org.client_id, client_secret: org.client_secret }),
  });
  const body = await reply.json();
  equal(reply.status, 200, `token: ${JSON.stringify(body.error ?? '')}`);
  equal(body.token_type, 'Bearer', 'token type');
  return { token: body.access_token, instance: body.instance_url };
}

// rest makes one call and returns the decoded body, or undefined without one.
export async function rest({ instance, token }, method, path, body) {
  const reply = await fetch(`${instance}/services/data/v${API}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// Inbox keeps what a subscription delivered, in order.
export class Inbox {
  #items = [];
  #waiting = [];

  put(item) {
    const waiter = this.#waiting.shift();
    if (waiter) waiter(item);
    else this.#items.push(item);
  }

  // take resolves to the next item.
  take(what) {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    return within(new Promise((resolve) => this.#waiting.push(resolve)), what);
  }

  // rest empties the inbox.
  rest() {
    return this.#items.splice(0);
  }
}
