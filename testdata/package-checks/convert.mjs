// Converts source to what a deploy sends, with the converter that the sf CLI
// itself uses. Prints {"<directory>": {"components": ["<Type>:<Name>", …],
// "faults": ["<fault>", …]}}.
//
//   node convert.mjs DIRECTORY…
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

// The package is CommonJS, and loads much faster as such.
const { ComponentSet, MetadataConverter } = createRequire(import.meta.url)('@salesforce/source-deploy-retrieve');

async function convert(dir) {
  const out = mkdtempSync(join(tmpdir(), 'omnibridge-convert-'));
  const result = { components: [], faults: [] };
  try {
    const set = ComponentSet.fromSource({ fsPaths: [dir] });
    set.sourceApiVersion = '67.0';
    for (const c of set.getSourceComponents().toArray()) {
      result.components.push(`${c.type.name}:${c.fullName}`);
      // The converter itself takes any root element.
      const root = c.type.name === 'Settings' ? `${c.fullName}Settings` : c.type.name;
      if (c.xml && !(await c.parseXml())[root]) result.faults.push(`${basename(c.xml)}: the root element is not ${root}`);
    }
    await new MetadataConverter().convert(set, 'metadata', { type: 'directory', outputDirectory: out, genUniqueDir: false });
  } catch (e) {
    result.faults.push(`${e.name}: ${e.message}`);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
  result.components.sort();
  return result;
}

const results = {};
for (const dir of process.argv.slice(2)) results[dir] = await convert(dir);
console.log(JSON.stringify(results));
