// Checks metadata files against the published types: known elements, single
// where they are no list, lists in one piece, values of the right kind, nothing
// required left out. Prints {"<directory>": ["<file>: <fault>", …]}.
//
//   node schema.mjs DIRECTORY…
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { enums, fieldsOf, types } from './types.mjs';

const namespace = 'http://soap.sforce.com/2006/04/metadata';
const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, parseTagValue: false, trimValues: true });
const values = { boolean: /^(true|false)$/, number: /^-?\d+(\.\d+)?$/ };
const nameOf = (node) => Object.keys(node).find((k) => k !== ':@');

function walk(type, nodes, path, fault) {
  const fields = new Map(fieldsOf(type).map((f) => [f.name, f]));
  const seen = new Set();
  let last = '';
  for (const node of nodes) {
    const name = nameOf(node);
    if (name === '#text') {
      fault(`${path}: text where elements are expected`);
      continue;
    }
    const field = fields.get(name);
    const here = `${path}/${name}`;
    if (!field) {
      fault(`${here}: ${type} has no such element`);
      continue;
    }
    if (seen.has(name) && !field.list) fault(`${here}: is there twice`);
    if (seen.has(name) && last !== name) fault(`${here}: stands apart from the others of its list`);
    seen.add(name);
    last = name;
    if (types[field.type]) {
      walk(field.type, node[name], here, fault);
      continue;
    }
    const text = node[name].map((n) => n['#text'] ?? '').join('');
    if (node[name].some((n) => nameOf(n) !== '#text')) fault(`${here}: elements where text is expected`);
    if (enums[field.type] && !enums[field.type].includes(text)) fault(`${here}: ${text} is no ${field.type}`);
    if (values[field.type] && !values[field.type].test(text)) fault(`${here}: ${text} is no ${field.type}`);
  }
  for (const f of fields.values()) if (f.required && !seen.has(f.name)) fault(`${path}: ${f.name} is missing`);
}

function check(file, fault) {
  const text = readFileSync(file, 'utf8');
  const valid = XMLValidator.validate(text);
  if (valid !== true) return fault(`line ${valid.err.line}: ${valid.err.msg}`);
  const root = parser.parse(text).find((n) => !nameOf(n).startsWith('?'));
  const type = nameOf(root);
  if (!fieldsOf(type).length) return fault(`${type} is no type of the Metadata API`);
  if (root[':@']?.['@_xmlns'] !== namespace) fault(`${type}: is not in the namespace ${namespace}`);
  walk(type, root[type], type, fault);
}

const faults = {};
for (const dir of process.argv.slice(2)) {
  faults[dir] = [];
  let files = 0;
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('-meta.xml')) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    files++;
    check(file, (what) => faults[dir].push(`${relative(dir, file)}: ${what}`));
  }
  if (!files) faults[dir].push('there are no metadata files here');
}
console.log(JSON.stringify(faults));
