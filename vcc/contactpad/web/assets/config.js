// What the server wrote into the page:
//
//   orgs      origins of the consoles that may frame the page, e.g. ["https://acme.lightning.force.com"]
//   build     names the version of these files; the server compares it (hello)
//   askEvery  milliseconds between two questions whether the page lives
//   lease     milliseconds after the last answer until a silent panel is lost
//
// Anything that is missing is empty: the page still works, without what needs it.
export function readConfig(doc) {
  let given = {};
  try {
    given = JSON.parse(doc.querySelector('meta[name="omnibridge-config"]').content) ?? {};
  } catch {
    // The file was served as it is: no console will answer.
  }
  const strings = (v) => (Array.isArray(v) ? v.filter((s) => typeof s === 'string') : []);
  return {
    orgs: strings(given.orgs),
    build: String(given.build ?? ''),
    askEvery: given.askEvery > 0 ? Number(given.askEvery) : 10_000,
    lease: given.lease > 0 ? Number(given.lease) : 30_000,
  };
}
