// The CometD project's own client against the mock org: client credentials,
// JWT bearer, handshake, live events, replay after a pause, unsubscribe, recovery
// from a forgotten session, change events, refusals. It has no records: those are
// plain HTTP, and its stream tells of them.
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CometD } from 'cometd';
import { adapt } from 'cometd-nodejs-client';
import * as harness from './harness.mjs';
import { API, Inbox, control, equal, fails, lifeOf, ok, recordWork, run, within } from './harness.mjs';

adapt();

const { version } = JSON.parse(readFileSync(new URL('./node_modules/cometd/package.json', import.meta.url)));

let session;
const topics = [`nd${Date.now()}a`, `nd${Date.now()}b`];
const [first, second] = topics.map((name) => `/topic/${name}`);
let ticket; // id of the record that changes
let last; // replay id of the last event received
let client;
let inbox;
let standing; // subscription to the first topic

async function login(org) {
  const refused = await fails(harness.login({ ...org, client_secret: 'wrong' }), 'a wrong secret');
  ok(/invalid_client.*got 400/.test(refused.message), `a wrong secret got ${refused.message}`);
  session = await harness.login(org);
}

// The JWT bearer flow, signed by Node's own library.
async function jwt(org) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const grant = (assertion) => fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
  });
  const claims = { iss: org.client_id, sub: org.username, aud: 'https://login.salesforce.com', exp: Math.floor(Date.now() / 1000) + 120 };
  const signed = (c) => {
    const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(c)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(readFileSync(org.jwt_key_file), 'base64url')}`;
  };
  const reply = await grant(signed(claims));
  const body = await reply.json();
  equal(reply.status, 200, `JWT bearer: ${body.error} ${body.error_description}`);
  ok(/^00D\w{12,15}!/.test(body.access_token), 'the access token does not begin with the org');

  const [head, , signature] = signed(claims).split('.');
  const forged = await grant([head, part({ ...claims, sub: 'someone@else.example' }), signature].join('.'));
  equal([forged.status, (await forged.json()).error], [400, 'invalid_client'], 'a forged assertion');
  const late = await grant(signed({ ...claims, exp: claims.exp - 3600 }));
  equal([late.status, (await late.json()).error], [400, 'invalid_grant'], 'an expired assertion');
}

const rest = (...request) => harness.rest(session, ...request);

const setStatus = (value) => rest('PATCH', `/sobjects/Ticket__c/${ticket}`, { Status__c: value });

async function records() {
  for (const Name of topics) {
    await rest('POST', '/sobjects/PushTopic', {
      Name, Query: 'SELECT Id, Status__c FROM Ticket__c', ApiVersion: Number(API), NotifyForFields: 'Referenced',
    });
  }
  ticket = (await rest('POST', '/sobjects/Ticket__c', { Subject__c: 'cometd' })).id;
}

// connect makes a client that asks for replay from the given ids, by channel. As
// real programs do, it sends the whole map with every subscribe.
async function connect(replayFrom, bearer = session.token) {
  const made = new CometD();
  made.unregisterTransport('websocket'); // Salesforce has long polling only
  made.configure({
    url: `${session.instance}/cometd/${API}`,
    requestHeaders: { Authorization: `Bearer ${bearer}` },
    appendMessageTypeToURL: false,
    logLevel: 'warn',
  });
  let serverReplays = false;
  made.registerExtension('replay', {
    incoming(message) {
      if (message.channel === '/meta/handshake') serverReplays = message.ext?.replay === true;
      const id = message.data?.event?.replayId;
      if (id !== undefined) replayFrom[message.channel] = id; // a later subscribe goes on from here
      return message;
    },
    outgoing(message) {
      if (message.channel === '/meta/subscribe') message.ext = { ...message.ext, replay: replayFrom };
      return message;
    },
  });
  const reply = await within(new Promise((resolve) => made.handshake(resolve)), 'the handshake reply');
  return { made, reply, serverReplays: () => serverReplays };
}

function subscribe(made, channel, box) {
  return within(new Promise((resolve, reject) => {
    const subscription = made.subscribe(channel, (message) => box.put(message), (reply) => {
      if (reply.successful) resolve(subscription);
      else reject(new Error(`subscribe ${channel}: ${reply.error}`));
    });
  }), `the subscription to ${channel}`);
}

const unsubscribe = (made, subscription) =>
  within(new Promise((resolve) => made.unsubscribe(subscription, resolve)), 'the unsubscribe reply');
const disconnect = (made) => within(new Promise((resolve) => made.disconnect(resolve)), 'the disconnect reply');

async function live() {
  const opened = await connect({ [first]: -1, [second]: -1 });
  ok(opened.reply.successful, `handshake: ${JSON.stringify(opened.reply)}`);
  ok(opened.serverReplays(), 'the handshake reply does not offer replay');
  client = opened.made;
  inbox = new Inbox();
  standing = await subscribe(client, first, inbox);
  await setStatus('In Progress');
  const message = await inbox.take('the live event');
  equal([message.channel, message.data.event.type, message.data.sobject],
    [first, 'updated', { Id: ticket, Status__c: 'In Progress' }], 'live event');
  last = message.data.event.replayId;
}

async function replay() {
  await disconnect(client);
  await setStatus('Done');
  await setStatus('New'); // two events while nobody listens
  const opened = await connect({ [first]: last, [second]: -1 });
  ok(opened.reply.successful, `second handshake: ${JSON.stringify(opened.reply)}`);
  client = opened.made;
  inbox = new Inbox();
  standing = await subscribe(client, first, inbox);
  const missed = [await inbox.take('the first missed event'), await inbox.take('the second missed event')];
  equal(missed.map((m) => m.data.sobject.Status__c), ['Done', 'New'], 'missed events, in order, each once');
  const ids = missed.map((m) => m.data.event.replayId);
  ok(last < ids[0] && ids[0] < ids[1], `replay ids ${last}, ${ids}`);
  last = ids[1];
}

async function unsubscribed() {
  const other = new Inbox();
  const watching = await subscribe(client, second, other);
  const reply = await unsubscribe(client, standing);
  ok(reply.successful, `unsubscribe: ${JSON.stringify(reply)}`);
  await setStatus('Done');
  // The second topic tells when the change has gone out.
  const message = await other.take('the event on the topic that is still watched');
  equal(message.data.sobject.Status__c, 'Done', 'event on the second topic');
  equal(inbox.rest(), [], 'events on the topic that was left');
  await unsubscribe(client, watching);
  await disconnect(client);
}

// All that is done with records meanwhile comes to the stream.
async function work() {
  const box = new Inbox();
  const { made } = await connect({ [second]: -1 });
  await subscribe(made, second, box);
  const id = await recordWork(session, `cometd-${Date.now()}`);
  equal(await lifeOf(box, id, (message) => message.data), ['created New', 'updated In Progress', 'updated Done', 'deleted'], 'life of a record');
  await disconnect(made);
}

// The server forgets the client, as it does when it is restarted: the client has
// to shake hands again, and a program that subscribes again misses nothing.
async function recovery(org) {
  const box = new Inbox();
  let handshakes = 0;
  const opened = await connect({ [first]: -1 });
  client = opened.made;
  await subscribe(client, first, box);
  client.addListener('/meta/handshake', (reply) => {
    if (!reply.successful) return;
    handshakes++;
    client.subscribe(first, (message) => box.put(message));
  });
  await setStatus('New');
  await box.take('the event before the break');
  await control(org, '/stream/forget', {});
  await setStatus('In Progress');
  const message = await box.take('the event after the break');
  equal(message.data.sobject.Status__c, 'In Progress', 'event after the break');
  equal(box.rest(), [], 'events that came twice');
  equal(handshakes, 1, 'handshakes after the break');
}

async function changes(org) {
  await control(org, '/capture', { objects: ['Ticket__c'] });
  const box = new Inbox();
  const channel = '/data/Ticket__ChangeEvent';
  await disconnect(client);
  client = (await connect({ [channel]: -1 })).made;
  await subscribe(client, channel, box);
  await setStatus('Done');
  const { data } = await box.take('the change event');
  const header = data.payload.ChangeEventHeader;
  equal([header.entityName, header.changeType, header.recordIds, data.payload.Status__c],
    ['Ticket__c', 'UPDATE', [ticket], 'Done'], 'change event');
  ok(header.changedFields.includes('Status__c') && header.transactionKey && header.commitTimestamp > 0, `header ${JSON.stringify(header)}`);
  ok(Number.isInteger(data.event.replayId), `replay id ${data.event.replayId}`);
}

async function refusals() {
  const unknown = await subscribe(client, '/topic/NoSuchTopic', new Inbox()).then(() => '', (error) => error.message);
  ok(/40[04]/.test(unknown), `an unknown topic got ${unknown || 'accepted'}`);
  await disconnect(client);
  const denied = await connect({}, 'no-such-session');
  equal(denied.reply.successful, false, 'handshake with a made-up session');
  ok(/401/.test(JSON.stringify(denied.reply)), `the refusal does not say why: ${JSON.stringify(denied.reply)}`);
  if (!denied.made.isDisconnected()) await disconnect(denied.made); // the refusal may have told it to stop
}

await run(`cometd ${version}`, [
  ['login', login], ['jwt', jwt], ['records', records], ['live', live], ['replay', replay], ['unsubscribed', unsubscribed], ['work', work],
  ['recovery', recovery], ['changes', changes], ['refusals', refusals],
]);
