// jsforce creates one AgentWork per case, ten at a time, and tries again when a
// call ends without an answer, as a plain script does.
const need = require('node:module').createRequire(process.cwd() + '/x.js');
const jsforce = need('jsforce');
const plan = JSON.parse(process.argv[1]);
const jobs = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));

let calls = 0, failed = 0;

async function create(works, job) {
  for (let tries = 0; tries < 3; tries++) {
    calls++;
    try {
      await works.create(job);
      return;
    } catch (e) {
      if (e.errorCode && !/^E[A-Z]+$/.test(e.errorCode)) break; // the org refused it
    }
  }
  failed++;
}

(async () => {
  const conn = new jsforce.Connection({ loginUrl: plan.url, version: '62.0' });
  await conn.login(plan.username, plan.password);
  const works = conn.sobject('AgentWork');
  const cpu = process.cpuUsage();
  const began = Date.now();
  let next = 0;
  await Promise.all(Array.from({ length: 10 }, async () => {
    while (next < jobs.length) await create(works, jobs[next++]);
  }));
  const used = process.cpuUsage(cpu);
  console.log(JSON.stringify({ calls, failed, began, cpu: (used.user + used.system) * 1000 }));
  process.exit(0);
})();
