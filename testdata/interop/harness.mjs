// What the scripts share: where the mock org is, a deadline, checks that say
// what they wanted, and the one line of JSON that tells the outcome. A script
// needs an org to itself, since it expects no events but its own.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

// The longest that any one event may take, in milliseconds.
const EVENT_DEADLINE = 60_000;

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

// rest makes one call and returns the decoded body, or undefined without one. A
// path that begins with /services is taken as it is, as that of a next page.
export async function rest({ instance, token }, method, path, body, headers = {}) {
  const reply = await fetch(instance + (path.startsWith('/services/') ? path : `/services/data/v${API}${path}`), {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// recordWork is what a program does with records beside a client that only streams,
// by plain HTTP in the client's session: create, update, upsert, collections, a query
// in two pages, delete. It returns the id of the one record that it made and
// deleted by itself.
export async function recordWork(session, tag) {
  const call = (...request) => rest(session, ...request);
  const { id } = await call('POST', '/sobjects/Ticket__c', { Subject__c: tag, Ext__c: tag });
  ok(/^\w{18}$/.test(id), `create: ${id}`);
  equal(await call('PATCH', `/sobjects/Ticket__c/${id}`, { Status__c: 'In Progress' }), undefined, 'update');
  const again = await call('PATCH', `/sobjects/Ticket__c/Ext__c/${tag}`, { Status__c: 'Done' });
  equal([again.id, again.created], [id, false], 'upsert of a record that is there');
  const fresh = await call('PATCH', `/sobjects/Ticket__c/Ext__c/${tag}-2`, { Subject__c: tag });
  equal(fresh.created, true, 'upsert of a record that is not');

  const row = (i) => ({ attributes: { type: 'Ticket__c' }, Subject__c: tag, Amount__c: i });
  const made = await call('POST', '/composite/sobjects', { allOrNone: false, records: Array.from({ length: 200 }, (_, i) => row(i)) });
  equal(made.filter((r) => r.success).length, 200, 'records created');
  const changed = await call('PATCH', '/composite/sobjects', { records: [
    { ...row(7), id: made[0].id }, { attributes: { type: 'Ticket__c' }, id: made[1].id, Status__c: 'Nonsense' }] });
  equal(changed.map((r) => r.success), [true, false], 'records updated, each judged by itself');

  const soql = encodeURIComponent(`SELECT Id, Status__c FROM Ticket__c WHERE Subject__c = '${tag}' ORDER BY Id`);
  const one = await call('GET', `/query?q=${soql}`, undefined, { 'Sforce-Query-Options': 'batchSize=200' });
  equal([one.totalSize, one.done, one.records.length], [202, false, 200], 'the first page');
  const two = await call('GET', one.nextRecordsUrl);
  equal([two.done, two.records.length], [true, 2], 'the second page');
  const found = [...one.records, ...two.records];
  equal(new Set(found.map((r) => r.Id)).size, 202, 'records on both pages');
  equal(found.find((r) => r.Id === id).Status__c, 'Done', 'status after the upsert');

  const ids = [...made.map((r) => r.id)].join(',');
  equal((await call('DELETE', `/composite/sobjects?ids=${ids}`)).filter((r) => r.success).length, 200, 'records deleted');
  equal(await call('DELETE', `/sobjects/Ticket__c/${id}`), undefined, 'delete');
  const gone = await fails(call('GET', `/sobjects/Ticket__c/${id}`), 'a deleted record');
  ok(/ENTITY_IS_DELETED|NOT_FOUND/.test(gone.message), `a deleted record got ${gone.message}`);
  return id;
}

// lifeOf takes events off an inbox until a record is deleted, and returns what
// happened to it, in order. It is how a stream proves that it told of recordWork.
export async function lifeOf(inbox, id, of = (event) => event) {
  const life = [];
  while (!life.includes('deleted')) {
    const { event, sobject } = of(await inbox.take(`the event after ${life.join(', ') || 'nothing'}`));
    if (sobject.Id === id) life.push(sobject.Status__c ? `${event.type} ${sobject.Status__c}` : event.type);
  }
  return life;
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
