// jsforce against the mock org: SOAP login, queries with paging, rows one by one
// and in collections, describes, a PushTopic with live and replayed events and a break.
import { createRequire } from 'node:module';
import { Inbox, control, equal, fails, ok, run, within } from './harness.mjs';

const require = createRequire(import.meta.url);
const jsforce = require('jsforce');
const { StreamingExtension } = require('jsforce/lib/api/streaming');
const { version } = require('jsforce/package.json');

const API = '62.0'; // SOAP login exists below 65
const RECORDS = 405; // three collection calls, three pages of 200
const tag = `jsforce-${process.pid}-${Date.now()}`;

let conn;
let ticket; // id of the record that the single-row steps use
let many; // ids made by the collection step
let replayed; // replay ids of the live events

function fields(record, names) {
  return Object.fromEntries(names.map((name) => [name, record[name]]));
}

async function login(org) {
  const wrong = new jsforce.Connection({ loginUrl: org.url, version: API });
  const refused = await fails(wrong.login(org.username, `${org.password}x`), 'a wrong password');
  ok(/INVALID_LOGIN/.test(`${refused.errorCode} ${refused.message}`), `a wrong password got ${refused.message}`);

  conn = new jsforce.Connection({ loginUrl: org.url, version: API });
  const user = await conn.login(org.username, org.password);
  ok(/^005\w{15}$/.test(user.id), `user id ${user.id}`);
  ok(/^00D\w{15}$/.test(user.organizationId), `organization id ${user.organizationId}`);
  equal(conn.instanceUrl, org.url, 'instance');
  const me = await conn.sobject('User').retrieve(user.id);
  equal(me.Username, org.username, 'Username of the one who logged in');
}

async function identity(org) {
  const who = await conn.identity();
  equal(who.username, org.username, 'identity');
  const limits = await conn.limits();
  ok(limits.DailyApiRequests.Max > limits.DailyApiRequests.Remaining, 'limits count no requests');
  ok(conn.limitInfo.apiUsage?.limit > 0, 'replies carry no Sforce-Limit-Info');
}

async function rows() {
  const tickets = conn.sobject('Ticket__c');
  const made = await tickets.create({ Subject__c: `${tag} é "quoted" \\ it's`, Amount__c: 12.5, Due__c: '2026-11-30' });
  ok(made.success && /^\w{18}$/.test(made.id), `create: ${JSON.stringify(made)}`);
  ticket = made.id;

  const names = ['Id', 'Subject__c', 'Status__c', 'Amount__c', 'Urgent__c', 'Due__c', 'Contact__c'];
  const read = fields(await tickets.retrieve(ticket), names);
  equal(read, { Id: ticket, Subject__c: `${tag} é "quoted" \\ it's`, Status__c: 'New', Amount__c: 12.5, Urgent__c: false,
    Due__c: '2026-11-30', Contact__c: null }, 'retrieve');

  const changed = await tickets.update({ Id: ticket, Status__c: 'In Progress', Amount__c: null });
  equal(changed.success, true, 'update');
  equal(fields(await tickets.retrieve(ticket.slice(0, 15)), ['Id', 'Status__c', 'Amount__c']),
    { Id: ticket, Status__c: 'In Progress', Amount__c: null }, 'retrieve by the short id');

  const bad = await fails(tickets.update({ Id: ticket, Nonsense__c: 1 }), 'an unknown field');
  equal(bad.errorCode, 'INVALID_FIELD', 'unknown field');
  const gone = await fails(tickets.retrieve('a00000000000999'), 'a record that is not there');
  equal(gone.errorCode, 'NOT_FOUND', 'missing record');
}

async function upsert() {
  const tickets = conn.sobject('Ticket__c');
  const first = await tickets.upsert({ Ext__c: tag, Subject__c: 'one' }, 'Ext__c');
  equal([first.success, first.created], [true, true], 'first upsert');
  const second = await tickets.upsert({ Ext__c: tag, Subject__c: 'two' }, 'Ext__c');
  equal(second.success, true, 'second upsert');
  const found = await tickets.find({ Ext__c: tag }, ['Id', 'Subject__c']);
  equal(found.map((r) => [r.Id, r.Subject__c]), [[first.id, 'two']], 'after two upserts');
  const twice = await fails(tickets.create({ Ext__c: tag }), 'a second record with the same external id');
  equal(twice.errorCode, 'DUPLICATE_VALUE', 'unique external id');
}

async function collections() {
  const tickets = conn.sobject('Ticket__c');
  const batch = Array.from({ length: RECORDS }, (_, i) => ({ Subject__c: tag, Amount__c: i }));
  const made = await tickets.create(batch, { allowRecursive: true });
  equal(made.filter((r) => r.success).length, RECORDS, 'records created');
  many = made.map((r) => r.id);
  equal(new Set(many).size, RECORDS, 'distinct ids');

  const read = await tickets.retrieve(many.slice(0, 3));
  equal(read.map((r) => r.Amount__c), [0, 1, 2], 'collection retrieve keeps the order');
  const mixed = await tickets.update([{ Id: many[0], Status__c: 'Done' }, { Id: many[1], Status__c: 'Nonsense' }]);
  equal(mixed.map((r) => r.success), [true, false], 'collection update row by row');
  ok(mixed[1].errors[0].statusCode === 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', `row error ${JSON.stringify(mixed[1].errors)}`);
  const atomic = await tickets.update([{ Id: many[2], Status__c: 'Done' }, { Id: many[3], Status__c: 'Nonsense' }], { allOrNone: true });
  equal(atomic.map((r) => r.success), [false, false], 'allOrNone');
  equal((await tickets.retrieve(many[2])).Status__c, 'New', 'allOrNone is rolled back');
}

async function queries() {
  const soql = `SELECT Id, Amount__c, Owner.Name FROM Ticket__c WHERE Subject__c = '${tag}' ORDER BY Amount__c DESC`;
  const headers = { 'Sforce-Query-Options': 'batchSize=200' };
  let page = await conn.query(soql, { headers });
  equal([page.totalSize, page.done, page.records.length], [RECORDS, false, 200], 'first page');
  equal(page.records[0].attributes.type, 'Ticket__c', 'attributes');
  ok(page.records[0].Owner.Name, 'a parent field is missing');
  const amounts = [];
  for (let pages = 1; ; pages++) {
    amounts.push(...page.records.map((r) => r.Amount__c));
    if (page.done) {
      equal(pages, 3, 'pages');
      break;
    }
    page = await conn.queryMore(page.nextRecordsUrl, { headers });
  }
  equal(amounts, Array.from({ length: RECORDS }, (_, i) => RECORDS - 1 - i), 'all pages in order');

  const count = await conn.query(`SELECT COUNT() FROM Ticket__c WHERE Subject__c = '${tag}' AND (Amount__c < 10 OR Amount__c >= 400)`);
  equal(count.totalSize, 15, 'COUNT()');
  const found = await conn.sobject('Ticket__c').find({ Subject__c: tag, Amount__c: { $gte: 3, $lt: 6 } }, 'Id, Amount__c').sort('Amount__c').limit(2);
  equal(found.map((r) => r.Amount__c), [3, 4], 'find with a range');
  const broken = await fails(conn.query('SELECT Id FROM Ticket__c WHERE'), 'a broken query');
  equal(broken.errorCode, 'MALFORMED_QUERY', 'broken query');
  const unknown = await fails(conn.query('SELECT Nonsense__c FROM Ticket__c'), 'an unknown field');
  equal(unknown.errorCode, 'INVALID_FIELD', 'unknown field in a query');
}

async function describe() {
  const ticketShape = await conn.sobject('Ticket__c').describe();
  equal([ticketShape.name, ticketShape.keyPrefix, ticketShape.custom], ['Ticket__c', ticket.slice(0, 3), true], 'describe');
  const ext = ticketShape.fields.find((f) => f.name === 'Ext__c');
  equal([ext?.externalId, ext?.unique, ext?.type], [true, true, 'string'], 'Ext__c');
  const status = ticketShape.fields.find((f) => f.name === 'Status__c');
  equal(status?.picklistValues.map((v) => v.value), ['New', 'In Progress', 'Done'], 'Status__c');
  const all = await conn.describeGlobal();
  for (const name of ['AgentWork', 'Case', 'PushTopic', 'Ticket__c', 'User']) {
    ok(all.sobjects.some((s) => s.name === name), `describeGlobal has no ${name}`);
  }
}

// subscribe opens a streaming client of its own and resolves once the
// subscription stands.
async function subscribe(channel, replay) {
  const inbox = new Inbox();
  const refused = new Promise((_, reject) => {
    subscribe.refuse = (message) => reject(new Error(`refused: ${JSON.stringify(message)}`));
  });
  const client = conn.streaming.createClient([
    new StreamingExtension.Replay(channel, replay),
    new StreamingExtension.AuthFailure(subscribe.refuse),
  ]);
  const subscription = client.subscribe(channel, (event) => inbox.put(event));
  const standing = new Promise((resolve, reject) => {
    subscription.callback(() => resolve());
    subscription.errback((error) => reject(error));
  });
  await within(Promise.race([standing, refused]), `the subscription to ${channel}`);
  return { client, subscription, inbox };
}

async function streaming(org) {
  const name = `js${Date.now()}`;
  const topic = await conn.sobject('PushTopic').create({
    Name: name,
    Query: 'SELECT Id, Status__c FROM Ticket__c',
    ApiVersion: Number(API),
    NotifyForFields: 'Referenced',
    NotifyForOperationCreate: true,
    NotifyForOperationUpdate: true,
    NotifyForOperationDelete: true,
    NotifyForOperationUndelete: false,
  });
  ok(topic.success, `PushTopic: ${JSON.stringify(topic)}`);
  const channel = `/topic/${name}`;

  const live = await subscribe(channel, -1);
  const made = await conn.sobject('Ticket__c').create({ Subject__c: 'streamed' });
  const created = await live.inbox.take('the event of the create');
  equal([created.event.type, created.sobject], ['created', { Id: made.id, Status__c: 'New' }], 'event of the create');
  await conn.sobject('Ticket__c').update({ Id: made.id, Subject__c: 'not a field of the topic' });
  await conn.sobject('Ticket__c').update({ Id: made.id, Status__c: 'Done' });
  const updated = await live.inbox.take('the event of the update');
  equal([updated.event.type, updated.sobject], ['updated', { Id: made.id, Status__c: 'Done' }], 'event of the update');
  ok(updated.event.replayId > created.event.replayId, 'replay ids do not rise');
  ok(!Number.isNaN(Date.parse(updated.event.createdDate)), `createdDate ${updated.event.createdDate}`);

  // The server forgets the client: jsforce shakes hands and subscribes again by
  // itself, from the last event it saw.
  await control(org, '/stream/forget', {});
  await conn.sobject('Ticket__c').update({ Id: made.id, Status__c: 'New' });
  const after = await live.inbox.take('the event after the break');
  equal(after.sobject, { Id: made.id, Status__c: 'New' }, 'event after the break');
  equal(live.inbox.rest(), [], 'events that came twice');
  replayed = [created, updated, after].map((e) => e.event.replayId);
  live.subscription.cancel();
  await within(live.client.disconnect(), 'the disconnect');

  const again = await subscribe(channel, -2);
  const got = [];
  for (const id of replayed) got.push(await again.inbox.take(`replayed event ${id}`));
  equal(got.map((e) => e.event.replayId), replayed, 'replay from -2');
  await conn.sobject('Ticket__c').delete(made.id);
  const deleted = await again.inbox.take('the event of the delete');
  equal([deleted.event.type, deleted.sobject.Id], ['deleted', made.id], 'event of the delete');
  equal(again.inbox.rest(), [], 'events that nobody expects');
  await within(again.client.disconnect(), 'the disconnect');
  await conn.sobject('PushTopic').delete(topic.id);
}

async function cleanup() {
  const tickets = conn.sobject('Ticket__c');
  const removed = await tickets.delete(many, { allowRecursive: true });
  equal(removed.filter((r) => r.success).length, RECORDS, 'records deleted');
  const left = await conn.query(`SELECT COUNT() FROM Ticket__c WHERE Subject__c = '${tag}'`);
  equal(left.totalSize, 0, 'records left');
  const kept = await conn.query(`SELECT Id FROM Ticket__c WHERE Subject__c = '${tag}' AND IsDeleted = true`, { scanAll: true, autoFetch: true, maxFetch: 1000 });
  equal(kept.totalSize, RECORDS, 'deleted records that queryAll still sees');
  const twice = await fails(tickets.delete(many[0]), 'deleting a record twice');
  equal(twice.errorCode, 'ENTITY_IS_DELETED', 'second delete');
}

async function logout() {
  const old = new jsforce.Connection({ instanceUrl: conn.instanceUrl, accessToken: conn.accessToken, version: API });
  await conn.logout();
  const refused = await fails(old.query('SELECT Id FROM User'), 'a session that was logged out');
  equal(refused.errorCode, 'INVALID_SESSION_ID', 'after logout');
}

await run(`jsforce ${version}`, [
  ['login', login], ['identity', identity], ['rows', rows], ['upsert', upsert], ['collections', collections],
  ['queries', queries], ['describe', describe], ['streaming', streaming], ['cleanup', cleanup], ['logout', logout],
]);
