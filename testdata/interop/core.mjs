// The library under the Salesforce CLI against the mock org: JWT login kept on
// disk, queries with paging, rows one by one and in collections, upsert, a
// PushTopic with live and replayed events, a session that is revoked.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inbox, control, equal, fails, ok, run, within } from './harness.mjs';

// It keeps logins below the home directory, so it gets one of its own, before it
// is loaded.
const home = mkdtempSync(join(tmpdir(), 'interop-core-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
Object.assign(process.env, { HOME: home, SF_DISABLE_TELEMETRY: 'true', SF_DISABLE_LOG_FILE: 'true', SF_USE_GENERIC_UNIX_KEYCHAIN: 'true' });
const require = createRequire(import.meta.url);
const { AuthInfo, Connection, Org, StreamingClient } = require('@salesforce/core');
const { version } = JSON.parse(readFileSync(new URL('./node_modules/@salesforce/core/package.json', import.meta.url)));

const RECORDS = 205; // two collection calls, two pages of 200
const tag = `core-${Date.now()}`;

let auth;
let conn;
let ticket;

async function login(org) {
  const jwt = (clientId) => AuthInfo.create({
    username: org.username,
    oauth2Options: { clientId, loginUrl: org.url, privateKeyFile: org.jwt_key_file },
  });
  const refused = await fails(jwt('no-such-app'), 'an app that does not exist');
  ok(/invalid_client|client identifier/i.test(`${refused.name} ${refused.message} ${refused.cause?.message}`), `an app that does not exist got ${refused.message}`);
  auth = await jwt(org.client_id);
  await auth.save();
  conn = await Connection.create({ authInfo: auth });
  equal(auth.getFields().instanceUrl, org.url, 'instance');
  ok(/^00D\w{15}$/.test(auth.getFields().orgId), `organization id ${auth.getFields().orgId}`);
  ok(Number(conn.getApiVersion()) >= 60, `API version ${conn.getApiVersion()}`);
}

async function organization(org) {
  const found = await Org.create({ connection: conn });
  const [row] = (await conn.query('SELECT Name, IsSandbox, OrganizationType FROM Organization')).records;
  ok(row.Name && row.OrganizationType, `Organization ${JSON.stringify(row)}`);
  equal(found.getOrgId(), auth.getFields().orgId, 'org');
  equal(await found.determineIfDevHubOrg(true), false, 'dev hub');
  const user = await conn.singleRecordQuery(`SELECT Id, Username FROM User WHERE Username = '${org.username}'`);
  equal(user.Username, org.username, 'singleRecordQuery');
}

async function rows() {
  const tickets = conn.sobject('Ticket__c');
  const made = await tickets.create({ Subject__c: `${tag} é 'x'`, Amount__c: 2.5 });
  ok(made.success && /^\w{18}$/.test(made.id), `create: ${JSON.stringify(made)}`);
  ticket = made.id;
  const read = await tickets.retrieve(ticket);
  equal([read.Subject__c, read.Amount__c, read.Status__c], [`${tag} é 'x'`, 2.5, 'New'], 'retrieve');
  equal((await tickets.update({ Id: ticket, Status__c: 'Done' })).success, true, 'update');
  equal((await tickets.retrieve(ticket)).Status__c, 'Done', 'after the update');
  const bad = await fails(tickets.update({ Id: ticket, Status__c: 'Nonsense' }), 'a value outside a picklist');
  equal(bad.errorCode ?? bad.name, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', 'refusal');
  equal((await tickets.delete(ticket)).success, true, 'delete');
  const gone = await fails(tickets.retrieve(ticket), 'a deleted record');
  ok(/NOT_FOUND|ENTITY_IS_DELETED/.test(`${gone.errorCode} ${gone.name}`), `a deleted record got ${gone.errorCode}`);
}

async function upsert() {
  const tickets = conn.sobject('Ticket__c');
  const first = await tickets.upsert({ Ext__c: tag, Subject__c: 'one' }, 'Ext__c');
  const second = await tickets.upsert({ Ext__c: tag, Subject__c: 'two' }, 'Ext__c');
  equal([first.success, first.created, second.success], [true, true, true], 'upserts');
  const found = await tickets.find({ Ext__c: tag }, ['Id', 'Subject__c']);
  equal(found.map((r) => [r.Id, r.Subject__c]), [[first.id, 'two']], 'after two upserts');
}

async function collections() {
  const tickets = conn.sobject('Ticket__c');
  const made = await tickets.create(Array.from({ length: RECORDS }, (_, i) => ({ Subject__c: tag, Amount__c: i })), { allowRecursive: true });
  equal(made.filter((r) => r.success).length, RECORDS, 'records created');
  const all = await conn.autoFetchQuery(`SELECT Id, Amount__c FROM Ticket__c WHERE Subject__c = '${tag}' ORDER BY Amount__c`,
    { autoFetch: true, maxFetch: 1000, headers: { 'Sforce-Query-Options': 'batchSize=200' } });
  equal([all.totalSize, all.done, all.records.map((r) => r.Amount__c)],
    [RECORDS, true, Array.from({ length: RECORDS }, (_, i) => i)], 'two pages');
  const mixed = await tickets.update([{ Id: made[0].id, Status__c: 'Done' }, { Id: made[1].id, Status__c: 'Nonsense' }]);
  equal(mixed.map((r) => r.success), [true, false], 'collection update row by row');
  const removed = await tickets.delete(made.map((r) => r.id), { allowRecursive: true });
  equal(removed.filter((r) => r.success).length, RECORDS, 'records deleted');
}

// subscribe resolves once the subscription stands. The library's own client ends
// when its processor says so, here never.
async function subscribe(target, channel, replay) {
  const inbox = new Inbox();
  const client = await StreamingClient.create(new StreamingClient.DefaultOptions(target, channel, (event) => {
    inbox.put(event);
    return { completed: false };
  }));
  client.replay(replay);
  await within(client.handshake(), 'the handshake');
  await within(new Promise((resolve, reject) => {
    client.subscribe(async () => resolve()).catch(reject);
  }), `the subscription to ${channel}`);
  return { inbox, client };
}

async function streaming(org) {
  const name = `core${Date.now()}`;
  const topic = await conn.sobject('PushTopic').create({
    Name: name, Query: 'SELECT Id, Status__c FROM Ticket__c', ApiVersion: Number(conn.getApiVersion()), NotifyForFields: 'Referenced',
  });
  ok(topic.success, `PushTopic: ${JSON.stringify(topic)}`);
  const target = await Org.create({ connection: conn });
  const live = await subscribe(target, `/topic/${name}`, -1);
  const made = await conn.sobject('Ticket__c').create({ Subject__c: 'streamed' });
  const created = await live.inbox.take('the event of the create');
  equal([created.event.type, created.sobject], ['created', { Id: made.id, Status__c: 'New' }], 'event of the create');

  // Its client is faye, which comes back by itself from a forgotten session, but
  // to new events only: it knows no position but the one it was given.
  const back = new Promise((resolve) => {
    live.client.cometClient.addExtension({
      incoming(message, pass) {
        if (message.channel === '/meta/subscribe' && message.successful) resolve();
        pass(message);
      },
    });
  });
  await control(org, '/stream/forget', {});
  await within(back, 'the subscription after the break');
  await conn.sobject('Ticket__c').update({ Id: made.id, Status__c: 'Done' });
  const updated = await live.inbox.take('the event after the break');
  equal([updated.event.type, updated.sobject], ['updated', { Id: made.id, Status__c: 'Done' }], 'event after the break');
  live.client.disconnectClient();

  await conn.sobject('Ticket__c').update({ Id: made.id, Status__c: 'New' }); // while nobody listens
  const again = await subscribe(target, `/topic/${name}`, created.event.replayId);
  const missed = [await again.inbox.take('the first missed event'), await again.inbox.take('the second missed event')];
  equal(missed.map((e) => e.sobject.Status__c), ['Done', 'New'], 'events after the replay id');
  equal(again.inbox.rest(), [], 'events that nobody expects');
  again.client.disconnectClient();
}

// A revoked session: it logs in again by itself, from what it kept.
async function renewal(org) {
  const before = conn.accessToken;
  const revoked = await fetch(`${org.url}/services/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ token: before }) });
  equal(revoked.status, 200, 'revoke');
  equal((await conn.query('SELECT Id FROM Organization')).totalSize, 1, 'query after the revocation');
  ok(conn.accessToken && conn.accessToken !== before, 'the token is still the old one');
}

await run(`@salesforce/core ${version}`, [
  ['login', login], ['organization', organization], ['rows', rows], ['upsert', upsert], ['collections', collections],
  ['streaming', streaming], ['renewal', renewal],
]);
