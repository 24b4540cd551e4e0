// Prints the part of the Metadata API that the mock org knows, as
// salesforce/mockorg/metadata/types.txt: folders and suffixes from the
// converter's registry, elements and values from the published types.
//
//   node table.mjs > ../../salesforce/mockorg/metadata/types.txt
import { createRequire } from 'node:module';
import { enums, fieldsOf, types } from './types.mjs';

const require = createRequire(import.meta.url);
const registry = require('@salesforce/source-deploy-retrieve/lib/src/registry/metadataRegistry.json').types;

const known = ['AuraDefinitionBundle', 'CspTrustedSite', 'CustomApplication', 'CustomPermission', 'ExternalClientApplication',
  'ExtlClntAppConfigurablePolicies', 'ExtlClntAppGlobalOauthSettings', 'ExtlClntAppOauthConfigurablePolicies', 'ExtlClntAppOauthSettings',
  'FlexiPage', 'PermissionSet', 'PlatformEventChannel', 'PlatformEventChannelMember', 'PresenceDeclineReason', 'PresenceUserConfig', 'Queue',
  'QueueRoutingConfig', 'ServiceChannel', 'ServicePresenceStatus', 'Settings', 'StaticResource'];
const settings = ['ExternalClientAppSettings', 'OmniChannelSettings', 'SecuritySettings'];

const lines = [`# Made by testdata/package-checks/table.mjs of @salesforce/types ${require('./package.json').dependencies['@salesforce/types']}`,
  '# and the registry of @salesforce/source-deploy-retrieve. Do not edit.'];
for (const name of known) {
  const { directoryName, suffix, strategies } = registry[name.toLowerCase()];
  lines.push(['component', name, directoryName, suffix ?? '-', strategies?.adapter ?? 'file'].join(' '));
}
const reached = new Set();
const reach = (name) => {
  if (reached.has(name) || !(name in types || name in enums)) return;
  reached.add(name);
  for (const f of fieldsOf(name)) reach(f.type);
};
[...known, ...settings].forEach(reach);
for (const name of [...reached].sort()) {
  if (enums[name]) {
    lines.push(`enum ${name} ${enums[name].join('|')}`);
    continue;
  }
  lines.push(`type ${name}`);
  for (const f of fieldsOf(name)) lines.push(` ${f.name}${f.required ? '' : '?'} ${f.type}${f.list ? '[]' : ''}`);
}
console.log(lines.join('\n'));
