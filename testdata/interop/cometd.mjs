// The CometD project's own client against the mock org: client credentials,
// handshake, live events, replay after a break, unsubscribe, refusals.
import { readFileSync } from 'node:fs';
import { CometD } from 'cometd';
import { adapt } from 'cometd-nodejs-client';
import { Inbox, equal, ok, run, within } from './harness.mjs';

adapt();

const API = '62.0';
const { version } = JSON.parse(readFileSync(new URL('./node_modules/cometd/package.json', import.meta.url)));

let token;
let instance;
const topics = [`nd${Date.now()}a`, `nd${Date.now()}b`];
const [first, second] = topics.map((name) => `/topic/${name}`);
let ticket; // id of the record that changes
let last; // replay id of the last event received
let client;
let inbox;
let standing; // subscription to the first topic

async function login(org) {
  const form = (secret) => ({
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: org.client_id, client_secret: secret }),
  });
  const refused = await fetch(`${org.url}/services/oauth2/token`, form('wrong'));
  equal(refused.status, 400, 'status for a wrong secret');
  ok((await refused.json()).error, 'the refusal names no error');
  const reply = await fetch(`${org.url}/services/oauth2/token`, form(org.client_secret));
  const body = await reply.json();
  equal(reply.status, 200, `token: ${JSON.stringify(body.error ?? '')}`);
  equal(body.token_type, 'Bearer', 'token type');
  token = body.access_token;
  instance = body.instance_url;
}

// rest makes one call and returns the decoded body, or undefined without one.
async function rest(method, path, body) {
  const reply = await fetch(`${instance}/services/data/v${API}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

const setStatus = (value) => rest('PATCH', `/sobjects/Ticket__c/${ticket}`, { Status__c: value });

async function records() {
  for (const Name of topics) {
    await rest('POST', '/sobjects/PushTopic', {
      Name, Query: 'SELECT Id, Status__c FROM Ticket__c', ApiVersion: Number(API), NotifyForFields: 'Referenced',
    });
  }
  ticket = (await rest('POST', '/sobjects/Ticket__c', { Subject__c: 'cometd' })).id;
}

// connect makes a client that asks for replay from the given id.
async function connect(replayFrom, bearer = token) {
  const made = new CometD();
  made.unregisterTransport('websocket'); // Salesforce has long polling only
  made.configure({
    url: `${instance}/cometd/${API}`,
    requestHeaders: { Authorization: `Bearer ${bearer}` },
    appendMessageTypeToURL: false,
    logLevel: 'warn',
  });
  let serverReplays = false;
  made.registerExtension('replay', {
    incoming(message) {
      if (message.channel === '/meta/handshake') serverReplays = message.ext?.replay === true;
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
  const opened = await connect({ [first]: -1 });
  ok(opened.reply.successful, `handshake: ${JSON.stringify(opened.reply)}`);
  ok(opened.serverReplays(), 'the handshake reply does not offer replay');
  client = opened.made;
  inbox = new Inbox();
  standing = await subscribe(client, first, inbox);
  await setStatus('In_Progress');
  const message = await inbox.take('the live event');
  equal([message.channel, message.data.event.type, message.data.sobject],
    [first, 'updated', { Id: ticket, Status__c: 'In_Progress' }], 'live event');
  last = message.data.event.replayId;
}

async function replay() {
  await disconnect(client);
  await setStatus('Done');
  await setStatus('New'); // two events while nobody listens
  const opened = await connect({ [first]: last });
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
}

async function refusals() {
  const unknown = await subscribe(client, '/topic/NoSuchTopic', new Inbox()).then(() => '', (error) => error.message);
  ok(/40[04]/.test(unknown), `an unknown topic got ${unknown || 'accepted'}`);
  await disconnect(client);
  const denied = await connect({}, 'no-such-session');
  equal(denied.reply.successful, false, 'handshake with a made-up session');
  ok(/401/.test(JSON.stringify(denied.reply)), `the refusal does not say why: ${JSON.stringify(denied.reply)}`);
  await disconnect(denied.made).catch(() => {}); // it may have given up by itself
}

await run(`cometd ${version}`, [
  ['login', login], ['records', records], ['live', live], ['replay', replay], ['unsubscribed', unsubscribed], ['refusals', refusals],
]);
