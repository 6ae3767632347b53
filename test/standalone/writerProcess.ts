import { systemClock, systemRandom } from '../../src/adapters/clock/systemClock.ts';
import { createApiServer } from '../../src/standalone/serving/apiServer.ts';
import { openSqliteStore } from '../../src/standalone/storage/sqliteStore.ts';
import { quiet, token, widget, widgetCrd, widgets } from './bench.ts';

/** Started by durability.test.ts, which kills it: writes without pause and prints the name of each acknowledged object. */
const [path = '', round = ''] = process.argv.slice(2);
const server = createApiServer({
  store: openSqliteStore({ path }),
  clock: systemClock,
  random: systemRandom,
  log: quiet,
  crds: [widgetCrd],
  tokens: [{ token, user: { name: 'writer', groups: [] } }],
});
for (let index = 0; ; index++) {
  const name = `w-${round}-${index}`;
  const reply = await server.handle({
    method: 'POST',
    path: widgets,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(widget(name))),
    signal: new AbortController().signal,
  });
  if (typeof reply !== 'string' && reply.status === 201) process.stdout.write(`${name}\n`);
}
