import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit } from 'node:process';

/**
 * Takes the classes that the operator and the lab use out of XAPI's data model, into src/adapters/xapi/model/. Run it
 * with the path of a downloaded xenapi.json when a newer XAPI is to be known; model/README.md says where it is from.
 */
const classes = [
  'session',
  'pool',
  'host',
  'host_metrics',
  'VM',
  'VM_guest_metrics',
  'VBD',
  'VDI',
  'SR',
  'PBD',
  'task',
  'event',
  'message',
];

interface SourceClass {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: string }[];
  readonly messages: readonly {
    readonly name: string;
    readonly params: readonly { readonly name: string; readonly type: string; readonly required: boolean }[];
    readonly result: readonly [string, string];
  }[];
}

const [, , source] = argv;
if (source === undefined) {
  console.error('usage: node test/adapters/xapi/extractModel.ts <path of xenapi.json>');
  exit(1);
}
const model: readonly SourceClass[] = JSON.parse(readFileSync(source, 'utf8'));
const folder = join(import.meta.dirname, '../../../src/adapters/xapi/model');
for (const name of classes) {
  const found = model.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the data model has no class ${name}`);
  const fields = found.fields.map(
    (field) => `    ${JSON.stringify(field.name)}: ${JSON.stringify(field.type)}`,
  );
  const messages = found.messages.map((message) => {
    const params = message.params.map((param) => [
      param.name,
      param.required ? param.type : `${param.type}?`,
    ]);
    return `    ${JSON.stringify(message.name)}: ${JSON.stringify({ params, result: message.result[0] })}`;
  });
  const text = `{
  "class": ${JSON.stringify(name)},
  "fields": {
${fields.join(',\n')}
  },
  "messages": {
${messages.join(',\n')}
  }
}
`;
  writeFileSync(join(folder, `${name}.json`), text);
}
