// Bayeux servers that others wrote, for our own streaming client:
//
//	node server.mjs faye|cometd
//
// prints {"url": ...} and serves /cometd/62.0 until stdin ends. Beside it,
// POST /publish?channel=C&from=N&count=M publishes events numbered N and up in one
// go, and POST /restart forgets every client as a restart would: a held poll
// still ends well, the next one meets a server that never heard of the client.
// POST /disconnect has the cometd server end the sessions that poll, at the next
// poll if none does.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const PATH = '/cometd/62.0';
// How long a poll is held, in milliseconds. faye drops who has not polled for twice
// as long, its own publisher too, so a busy machine needs more than a moment.
const HOLD = 4_000;

// Each makes a server: handle takes a request, publish sends a list to a channel.
const servers = {
  faye() {
    const faye = require('faye');
    const adapter = new faye.NodeAdapter({ mount: PATH, timeout: HOLD / 1000 });
    const publisher = adapter.getClient();
    publisher.connect(); // now, since what waits for it is overtaken by what comes later
    return {
      handle: (request, response) => adapter.handle(request, response),
      publish: (channel, list) => { for (const data of list) publisher.publish(channel, data); },
    };
  },
  cometd() {
    const server = require('cometd-nodejs-server').createCometDServer({ timeout: HOLD });
    const held = new Set(); // sessions with a poll under way, which alone can be told
    let doomed = false;
    server.addListener('sessionAdded', (session) => {
      session.addListener('suspended', () => {
        held.add(session);
        if (doomed) setImmediate(end);
      });
      for (const event of ['resumed', 'removed']) session.addListener(event, () => held.delete(session));
    });
    const end = () => {
      doomed = held.size === 0;
      for (const session of [...held]) session.disconnect();
    };
    return {
      handle: (request, response) => server.handle(request, response),
      publish(channel, list) {
        const target = server.createServerChannel(channel); // each time, since it drops channels that rest
        for (const data of list) target.publish(null, data);
      },
      disconnect: end,
    };
  },
};

const make = servers[process.argv[2]];
if (!make) {
  console.error(`usage: node server.mjs ${Object.keys(servers).join('|')}`);
  process.exit(2);
}
let server = make();

const commands = {
  '/publish'({ channel, from, count }) {
    const list = Array.from({ length: Number(count) }, (_, i) => ({ event: { replayId: Number(from) + i }, payload: `event ${Number(from) + i}` }));
    server.publish(channel, list);
  },
  '/restart'() { server = make(); },
  '/disconnect'() { server.disconnect(); },
};

const listener = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === PATH) return server.handle(request, response);
  const command = request.method === 'POST' && commands[url.pathname];
  if (!command) {
    response.writeHead(404).end();
    return undefined;
  }
  try {
    command(Object.fromEntries(url.searchParams));
    response.writeHead(204).end();
  } catch (error) {
    response.writeHead(500).end(String(error?.stack ?? error));
  }
  return undefined;
});
listener.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${listener.address().port}` })));
process.stdin.on('end', () => process.exit(0)).resume();
