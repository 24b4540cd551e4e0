// faye's client, which is inside jsforce and the Salesforce libraries for Node,
// against the mock org and without their care: its refused WebSocket, replay by an
// extension, two channels in one session, recovery from a forgotten session,
// unsubscribe, refusals. It has no login and no records: those are plain HTTP, and
// its stream tells of them.
import { createRequire } from 'node:module';
import { API, Inbox, control, equal, fails, lifeOf, login, ok, recordWork, rest, run, within } from './harness.mjs';

const require = createRequire(import.meta.url);
const faye = require('faye');
const { version } = require('faye/package.json');

const names = [`fa${Date.now()}a`, `fa${Date.now()}b`];
const [first, second] = names.map((name) => `/topic/${name}`);

let session;
let ticket;
let client;
let inboxes; // by channel
let seen; // last replay id by channel

const call = (...request) => rest(session, ...request);
const setStatus = (value) => call('PATCH', `/sobjects/Ticket__c/${ticket}`, { Status__c: value });

async function records(org) {
  session = await login(org);
  for (const Name of names) {
    await call('POST', '/sobjects/PushTopic', {
      Name, Query: 'SELECT Id, Status__c FROM Ticket__c', ApiVersion: Number(API), NotifyForFields: 'Referenced',
    });
  }
  ticket = (await call('POST', '/sobjects/Ticket__c', { Subject__c: 'faye' })).id;
}

// open makes a client that asks for replay from the given ids, by channel, and
// follows them as events come.
function open(replayFrom, scheme = 'OAuth') {
  const made = new faye.Client(`${session.instance}/cometd/${API}`);
  made.setHeader('Authorization', `${scheme} ${session.token}`.trim());
  made.addExtension({
    outgoing(message, pass) {
      const from = replayFrom[message.subscription];
      if (message.channel === '/meta/subscribe' && from !== undefined) {
        message.ext = { ...message.ext, replay: { [message.subscription]: from } };
      }
      pass(message);
    },
    incoming(message, pass) {
      const id = message.data?.event?.replayId;
      if (id !== undefined) replayFrom[message.channel] = id;
      pass(message);
    },
  });
  return made;
}

const subscribe = (made, channel, box) =>
  within(Promise.resolve(made.subscribe(channel, (event) => box.put(event))), `the subscription to ${channel}`);

async function live() {
  seen = { [first]: -1, [second]: -1 };
  inboxes = { [first]: new Inbox(), [second]: new Inbox() };
  client = open(seen);
  for (const channel of [first, second]) await subscribe(client, channel, inboxes[channel]);
  await setStatus('In Progress');
  for (const channel of [first, second]) {
    const event = await inboxes[channel].take(`the event on ${channel}`);
    equal([event.event.type, event.sobject], ['updated', { Id: ticket, Status__c: 'In Progress' }], `event on ${channel}`);
    equal(seen[channel], event.event.replayId, 'replay id');
  }
}

// The server forgets the client, as it does when it is restarted. faye comes back
// by itself, and with the ids that the extension kept nothing is missed.
async function recovery(org) {
  await control(org, '/stream/forget', {});
  await setStatus('Done');
  await setStatus('New');
  for (const channel of [first, second]) {
    const got = [await inboxes[channel].take('the first event after the break'), await inboxes[channel].take('the second')];
    equal(got.map((e) => e.sobject.Status__c), ['Done', 'New'], `events after the break on ${channel}`);
  }
}

async function unsubscribed() {
  client.unsubscribe(first);
  await setStatus('Done');
  await inboxes[second].take('the event on the channel that is still watched');
  equal([inboxes[first].rest(), inboxes[second].rest()], [[], []], 'events that nobody expects');
  await within(Promise.resolve(client.disconnect()), 'the disconnect');
}

// A new client gets what it missed: the session id alone is enough of a header.
async function replay() {
  await setStatus('New');
  const again = open({ [second]: seen[second] }, '');
  const missed = new Inbox();
  await subscribe(again, second, missed);
  equal((await missed.take('the missed event')).sobject.Status__c, 'New', 'missed event');
  const all = open({ [first]: -2 }, 'Bearer');
  const kept = new Inbox();
  await subscribe(all, first, kept);
  const got = [];
  for (let i = 0; i < 6; i++) got.push((await kept.take(`retained event ${i}`)).sobject.Status__c);
  equal(got, ['New', 'In Progress', 'Done', 'New', 'Done', 'New'], 'everything retained');
  equal([missed.rest(), kept.rest()], [[], []], 'events that nobody expects');
  await within(Promise.all([again.disconnect(), all.disconnect()]), 'the disconnects');
}

// All that is done with records meanwhile comes to the stream.
async function work() {
  const box = new Inbox();
  const made = open({ [first]: -1 });
  await subscribe(made, first, box);
  const id = await recordWork(session, `faye-${Date.now()}`);
  equal(await lifeOf(box, id), ['created New', 'updated In Progress', 'updated Done', 'deleted'], 'life of a record');
  await within(Promise.resolve(made.disconnect()), 'the disconnect');
}

async function refusals() {
  const made = open({ [first]: 987654321 });
  const stale = await fails(subscribe(made, first, new Inbox()), 'a replay id that does not exist');
  ok(/replayId \{987654321\} you provided was invalid/.test(stale.message), `a replay id that does not exist got ${stale.message}`);
  const unknown = await fails(subscribe(made, '/topic/NoSuchTopic', new Inbox()), 'an unknown topic');
  ok(/requested to subscribe to doesn't exist \{\/topic\/NoSuchTopic\}/.test(unknown.message), `an unknown topic got ${unknown.message}`);
  const wrote = await fails(within(Promise.resolve(made.publish(first, { forged: true })), 'the refusal'), 'an event of our own');
  equal([wrote.code, wrote.message], [403, 'publish_denied'], 'refusal of an event of our own');
  await within(Promise.resolve(made.disconnect()), 'the disconnect');
}

await run(`faye ${version}`, [
  ['records', records], ['live', live], ['recovery', recovery], ['unsubscribed', unsubscribed], ['replay', replay], ['work', work], ['refusals', refusals],
]);
