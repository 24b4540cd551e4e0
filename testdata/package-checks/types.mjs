// The types of the Metadata API as Salesforce publishes them: what elements a
// component may have, and with which values. Read from @salesforce/types, whose
// declarations are generated from the Metadata WSDL.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const file = createRequire(import.meta.url).resolve('@salesforce/types/metadata').replace(/\.js$/, '.d.ts');
const text = readFileSync(file, 'utf8');

// enums: name to values.
export const enums = {};
for (const [, name, values] of text.matchAll(/export type (\w+) = ('[^;{]*);/g)) {
  enums[name] = [...values.matchAll(/'([^']*)'/g)].map((m) => m[1]);
}

// types: name to {base, fields}; a field is {name, type, list, required}.
// Lists that the declarations call required are not (salesforce-package 2).
export const types = {};
for (const [, name, base, body] of text.matchAll(/export type (\w+) = ((?:\w+ & )*)\{([^}]*)\}/g)) {
  const fields = [...body.matchAll(/(\w+)(\?)?: (\w+)(\[\])?;/g)].map(([, name, optional, type, list]) => ({
    name, type, list: !!list, required: !optional && !list,
  }));
  types[name] = { base: base.replace(/ & /g, ' ').trim(), fields };
}

// fieldsOf lists a type's own fields and those of its bases.
export function fieldsOf(name) {
  const t = types[name];
  return t ? [...t.base.split(' ').filter(Boolean).flatMap(fieldsOf), ...t.fields] : [];
}
