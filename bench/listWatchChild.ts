/**
 * The least that keeps four kinds in memory: lists each, watches it from there, keeps a map; begins anew when a watch ends.
 * Arguments: the API server's origin, and the folder with `token` and `ca.crt`. It is what an idle operator is compared with.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Item {
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly resourceVersion: string };
}
interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Item[];
}
interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Item;
}

const [, , origin = '', folder = ''] = process.argv;
const token = readFileSync(join(folder, 'token'), 'utf8');
const ca = readFileSync(join(folder, 'ca.crt'), 'utf8');
const agent = new Agent({ keepAlive: true, ca });
const watchSeconds = 290;

function get(path: string): Promise<IncomingMessage> {
  const options: RequestOptions = { agent, headers: { authorization: `Bearer ${token}` } };
  return new Promise((resolve, reject) => {
    request(`${origin}${path}`, options, resolve).once('error', reject).end();
  });
}

async function listed(path: string): Promise<List> {
  const answer = await get(path);
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return JSON.parse(text) as List;
}

function keyOf({ metadata }: Item): string {
  return `${metadata.namespace}/${metadata.name}`;
}

async function keep(plural: string): Promise<never> {
  const path = `/apis/kintsugi.dev/v1alpha1/${plural}`;
  const objects = new Map<string, Item>();
  let version = '';
  for (;;) {
    if (version === '') {
      const { metadata, items } = await listed(path);
      objects.clear();
      for (const item of items) objects.set(keyOf(item), item);
      version = metadata.resourceVersion;
    }
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${version}`;
    const answer = await get(`${path}?${query}`);
    if (answer.statusCode !== 200) version = '';
    for await (const line of createInterface({ input: answer })) {
      const { type, object } = JSON.parse(line) as WatchEvent;
      if (type === 'ERROR') {
        version = '';
        break;
      }
      version = object.metadata.resourceVersion;
      if (type === 'DELETED') objects.delete(keyOf(object));
      else if (type !== 'BOOKMARK') objects.set(keyOf(object), object);
    }
  }
}

await Promise.all(['pools', 'hosts', 'virtualservers', 'recoveryrequests'].map(keep));
