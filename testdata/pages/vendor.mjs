// Copies the parts of lit-html that ContactPad uses into its page, with the
// licence and a note of what came from where. Run it by hand after a change of the
// version in package.json, and commit what it wrote:
//
//   cd testdata/pages && npm ci && node vendor.mjs
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const from = join(here, 'node_modules', 'lit-html');
const to = join(here, '..', '..', 'vcc', 'contactpad', 'web', 'assets', 'vendor', 'lit-html');
// repeat.js imports the other three, all by relative paths.
const files = ['lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js'];

const { version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
const lines = [
  `lit-html ${version}, ${license} (see LICENSE), from the npm package of that name.`,
  'Copied by testdata/pages/vendor.mjs; but for the source map comments, which are taken out, nothing is changed.',
  'The hashes are SHA-256 of the files here.',
  '',
];
mkdirSync(join(to, 'directives'), { recursive: true });
for (const file of files) {
  const text = readFileSync(join(from, file), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
  writeFileSync(join(to, file), text);
  lines.push(`${createHash('sha256').update(text).digest('hex')}  ${file}`);
}
writeFileSync(join(to, 'LICENSE'), readFileSync(join(from, 'LICENSE')));
writeFileSync(join(to, 'VERSION'), lines.join('\n') + '\n');
