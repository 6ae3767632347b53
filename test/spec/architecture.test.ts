import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { catalogue } from '../../src/domain/acts/catalogue.ts';

/**
 * The rules of the house that neither the compiler nor the linter holds. Each rule is a function from a file to the
 * sentences that are wrong with it; each test holds it against the whole project and against a planted offence, so
 * that a rule which has stopped biting is seen.
 */
interface SourceFile {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

type Rule = (file: SourceFile) => readonly string[];

const root = fileURLToPath(new URL('../../', import.meta.url));
const notOurs = new Set(['.git', 'node_modules', 'dist', 'coverage', '.cache']);

function readProject(folder = ''): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return readProject(path);
    if (!entry.isFile() || path.endsWith('.log')) return [];
    const text = readFileSync(join(root, path), 'utf8');
    return text.includes('\0') ? [] : [{ path, text }];
  });
}

const project = readProject();
const offencesOf = (rule: Rule): readonly string[] => project.flatMap((file) => rule(file));
const planted = (path: string, text: string): SourceFile => ({ path, text });

const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;

/** The text without comments. */
function withoutComments(text: string): string {
  return text.replace(tokens, (token) => (/^\/[/*]/.test(token) ? ' ' : token));
}

/** The text without comments and without what stands in quotes, except for what a template computes. */
function codeOf(text: string): string {
  return text.replace(tokens, (token) => {
    if (/^\/[/*]/.test(token)) return ' ';
    if (!token.startsWith('`')) return "''";
    const computed = [...token.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1]);
    return `(${computed.join(', ')})`;
  });
}

function importsOf(text: string): readonly string[] {
  const written = withoutComments(text).matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])([^'"]+)\1/g);
  return [...written].map((match) => match[2] as string);
}

const isSource = ({ path }: SourceFile): boolean => path.startsWith('src/') && path.endsWith('.ts');
const isDomain = ({ path }: SourceFile): boolean => path.startsWith('src/domain/') && path.endsWith('.ts');

const domainImports: Rule = (file) => {
  if (!isDomain(file)) return [];
  return importsOf(file.text).flatMap((specifier) => {
    const target = specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : specifier;
    return /^src\/(domain|api)\//.test(target) ? [] : [`${file.path} imports ${specifier}`];
  });
};

test('the domain imports nothing but the domain and the API types', () => {
  const offences = domainImports(
    planted(
      'src/domain/guards/x.ts',
      `import { a } from '../facts.ts'; import type { b } from '../../api/kinds.ts'; import type { Clock } from '../../ports/clock.ts';
       import { createHash } from 'node:crypto'; export * from 'yaml'; const c = await import('../../adapters/xapi/call.ts');
       // import { d } from 'undici';`,
    ),
  );
  expect(offences.map((line) => line.split(' ').at(-1))).toEqual([
    '../../ports/clock.ts',
    'node:crypto',
    'yaml',
    '../../adapters/xapi/call.ts',
  ]);
  expect(offencesOf(domainImports)).toEqual([]);
});

/** What acts knows what it talks to by its port alone; src/commandLine/runOperator.ts chooses what is behind it. */
const portsOnly: Rule = (file) => {
  if (!/^src\/(?:controllers|runtime)\//.test(file.path)) return [];
  return importsOf(file.text).flatMap((specifier) => {
    const target = specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : specifier;
    const above = file.path.startsWith('src/runtime/')
      ? /^src\/(?:adapters|controllers|domain)\//
      : /^src\/adapters\//;
    return above.test(target) ? [`${file.path} imports ${specifier}`] : [];
  });
};

test('controllers and their runtime know ports and no adapter', () => {
  const text = "import { a } from '../adapters/xapi/call.ts'; import type { b } from '../ports/clock.ts';";
  for (const path of ['src/controllers/x.ts', 'src/runtime/x.ts'])
    expect(portsOnly(planted(path, text))).toEqual([`${path} imports ../adapters/xapi/call.ts`]);
  expect(offencesOf(portsOnly)).toEqual([]);
});

/** A procedure is looked up by its name; whoever carries it out knows none, and none of its steps and guards. */
const procedureBlind: Rule = (file) => {
  if (!file.path.startsWith('src/controllers/')) return [];
  return importsOf(file.text).flatMap((specifier) => {
    const target = specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : specifier;
    const knows =
      /^src\/domain\/(?:steps|guards|procedures)\//.test(target) && !target.endsWith('/procedures.ts');
    return knows ? [`${file.path} imports ${specifier}`] : [];
  });
};

test('controllers import no procedure, no step and no guard', () => {
  const text =
    "import { a } from '../domain/procedures/releaseMember.ts'; import { b } from '../domain/procedures/procedures.ts';";
  expect(procedureBlind(planted('src/controllers/x.ts', text))).toEqual([
    'src/controllers/x.ts imports ../domain/procedures/releaseMember.ts',
  ]);
  expect(offencesOf(procedureBlind)).toEqual([]);
});

/** The words that every procedure is made of are none of a hypervisor, an act or a procedure. */
const kernelIsBlind: Rule = (file) => {
  if (!file.path.startsWith('src/domain/kernel/')) return [];
  return importsOf(file.text).flatMap((specifier) =>
    /^(?:\.\/|\.\.\/\.\.\/api\/)/.test(specifier) ? [] : [`${file.path} imports ${specifier}`],
  );
};

test('the kernel knows no hypervisor, no act, no guard and no procedure', () => {
  const text = "import { a } from './verdict.ts'; import type { b } from '../xapi/facts.ts';";
  expect(kernelIsBlind(planted('src/domain/kernel/x.ts', text))).toEqual([
    'src/domain/kernel/x.ts imports ../xapi/facts.ts',
  ]);
  expect(offencesOf(kernelIsBlind)).toEqual([]);
});

const kindsOfActs = Object.keys(catalogue);

/** An act is looked up by the kind that the journal has; how it is sent, tried again and read back stands in its file alone. */
const actBlind: Rule = (file) => {
  if (!file.path.startsWith('src/controllers/')) return [];
  const files = importsOf(file.text).filter((specifier) =>
    kindsOfActs.some((kind) => specifier.endsWith(`/acts/${kind}.ts`)),
  );
  const words = kindsOfActs.filter((kind) => new RegExp(`['"\`]${kind}['"\` ]`).test(file.text));
  return [
    ...files.map((specifier) => `${file.path} imports ${specifier}`),
    ...words.map((kind) => `${file.path} names the act ${kind}`),
  ];
};

/** The ladder is the capability to cut the power, and says so. */
const capability = 'src/controllers/powerWatch.ts';

test('controllers name no act', () => {
  const text = "import { a } from '../domain/acts/start.ts'; if (entry.act === 'removeLock') end();";
  expect(actBlind(planted('src/controllers/x.ts', text))).toEqual([
    'src/controllers/x.ts imports ../domain/acts/start.ts',
    'src/controllers/x.ts names the act removeLock',
  ]);
  expect(offencesOf(actBlind)).toEqual([`${capability} names the act cutPower`]);
});

const domainIsPure: Rule = (file) => {
  if (!isDomain(file)) return [];
  const found = codeOf(file.text).matchAll(
    /\b(?:async|await|Promise|Date|Math\.random|process|console|globalThis)\b/g,
  );
  return [...found].map((match) => `${file.path} uses ${match[0]}`);
};

test('the domain neither waits, nor looks at a clock, nor draws a random number', () => {
  const template = ['`$', '{Date.now()}`'].join('');
  const text = `const a = async () => await b; const c = ${template}; Math.random(); // await Date\nlet awaited = "Date";`;
  expect(domainIsPure(planted('src/domain/x.ts', text))).toEqual([
    'src/domain/x.ts uses async',
    'src/domain/x.ts uses await',
    'src/domain/x.ts uses Date',
    'src/domain/x.ts uses Math.random',
  ]);
  expect(offencesOf(domainIsPure)).toEqual([]);
});

const names: Rule = ({ path }) =>
  path.split('/').flatMap((part) => {
    const stem = basename(part).split('.')[0] ?? '';
    const empty = /^(?:.*[a-z0-9_-])?(?:utils?|helpers?|managers?|commons?|misc)$/i.test(stem);
    return empty ? [`${path}: "${stem}" says nothing about what is in it`] : [];
  });

test('no file and no folder has a name that says nothing', () => {
  const bad = [
    'src/utils/x.ts',
    'test/helpers.ts',
    'src/lease/leaseManager.ts',
    'src/common.ts',
    'docs/misc/a.md',
  ];
  for (const path of bad) expect(names(planted(path, ''))).toHaveLength(1);
  expect(names(planted('src/domain/community.ts', ''))).toEqual([]);
  expect(offencesOf(names)).toEqual([]);
});

const mostLines = 320;

const length: Rule = (file) => {
  if (!isSource(file) || file.path.includes('/generated/')) return [];
  const lines = file.text.trimEnd().split('\n').length;
  return lines > mostLines ? [`${file.path} has ${lines} lines: split it by concern`] : [];
};

test(`no source file is longer than ${mostLines} lines`, () => {
  expect(length(planted('src/lab/x.ts', 'x\n'.repeat(mostLines + 1)))).toHaveLength(1);
  expect(length(planted('src/lab/x.ts', 'x\n'.repeat(mostLines)))).toEqual([]);
  expect(length(planted('src/api/generated/x.ts', 'x\n'.repeat(5_000)))).toEqual([]);
  expect(offencesOf(length)).toEqual([]);
});

const ambient =
  /\b(?:Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|randomUUID|performance\.now|process\.hrtime|AbortSignal\.timeout)\b|new Date\(\)|(?<![.\w])fetch\(/g;

/** Where time, chance and network come from. */
const mayBeAmbient = ['src/adapters/clock/', 'src/adapters/network/'];

const ambientUse: Rule = (file) => {
  if (!isSource(file) || mayBeAmbient.some((prefix) => file.path.startsWith(prefix))) return [];
  const timers = importsOf(file.text).filter((specifier) => /^(?:node:)?timers/.test(specifier));
  const used = [...codeOf(file.text).matchAll(ambient)].map((match) => match[0]);
  return [...timers, ...used].map((what) => `${file.path} uses ${what}: it belongs behind a port`);
};

test('time, chance and network are used behind their ports alone', () => {
  const text =
    "import { setTimeout as wait } from 'node:timers/promises'; Date.now(); new Date(); setTimeout(a, 1); Math.random(); " +
    'crypto.randomUUID(); await fetch(url); performance.now(); AbortSignal.timeout(5);';
  expect(ambientUse(planted('src/lab/x.ts', text)).length).toBeGreaterThanOrEqual(9);
  const fine = "new Date(ms); store.fetch(1); clock.after(1, run); const prefetch = 'Date.now()'; // fetch(";
  expect(ambientUse(planted('src/lab/x.ts', fine))).toEqual([]);
  expect(ambientUse(planted('src/adapters/clock/systemClock.ts', text))).toEqual([]);
  expect(offencesOf(ambientUse)).toEqual([]);
});

// Written in pieces, so that this file does not offend.
const foreignPlaces = [
  ['/wo', 'rk/'],
  ['sha', 'red/design'],
  ['sha', 'red/reference'],
  ['../sha', 'red'],
  ['feasi', 'bility.md'],
].map((pieces) => pieces.join(''));

const places: Rule = ({ path, text }) =>
  foreignPlaces.filter((place) => text.includes(place)).map((place) => `${path} mentions ${place}`);

test('nothing names a place outside the project', () => {
  for (const place of foreignPlaces) expect(places(planted('README.md', `see ${place}x`))).not.toEqual([]);
  expect(offencesOf(places)).toEqual([]);
});

const lockHosts: Rule = ({ path, text }) =>
  path.endsWith('package-lock.json')
    ? [...text.matchAll(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)([^"]+)"/g)].map(
        (match) => `${path} takes a package from ${match[1]}`,
      )
    : [];

test('the lock file takes packages from the public registry alone', () => {
  const entry = '"resolved": "http://mirror.example:8080/undici.tgz"';
  expect(lockHosts(planted('package-lock.json', entry))).toHaveLength(1);
  expect(offencesOf(lockHosts)).toEqual([]);
});

test('the rules were held against the project, not against an empty folder', () => {
  expect(project.filter(isSource).length).toBeGreaterThan(50);
  expect(project.filter(isDomain).length).toBeGreaterThan(10);
});
