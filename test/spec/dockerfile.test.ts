import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/**
 * No container engine is at hand where these tests run, so the Dockerfile is read as text, and what its compiling stage
 * runs is run here.
 */
const root = join(import.meta.dirname, '..', '..');

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

interface Stage {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

function stagesOf(text: string): readonly Stage[] {
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const line of text.replaceAll(/\\\n/g, ' ').split('\n')) {
    const found = /^([A-Z]+)\s+(.*)$/.exec(line.trim());
    if (found === null) continue;
    const [, name = '', rest = ''] = found;
    if (name === 'FROM') stages.push({ name: /\bAS\s+(\S+)/.exec(rest)?.[1] ?? '', instructions: [] });
    stages.at(-1)?.instructions.push({ name, rest });
  }
  return stages;
}

const stages = stagesOf(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const image = stages.at(-1)!;
const all = (stage: Stage, name: string): readonly string[] =>
  stage.instructions.filter((instruction) => instruction.name === name).map(({ rest }) => rest);

interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

function copiesOf(stage: Stage): readonly Copy[] {
  return all(stage, 'COPY').map((rest) => {
    const words = rest.split(/\s+/);
    const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
    const paths = words.filter((word) => !word.startsWith('--'));
    return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
  });
}

test('every stage starts from the Node that is supported, and the image runs it as a user who is not root', () => {
  for (const stage of stages) expect(all(stage, 'FROM')[0]).toMatch(/^node:26-slim\b/);
  const users = all(image, 'USER');
  expect(users).toHaveLength(1);
  // A name would do for Docker, but Kubernetes can only see that a number is not 0.
  expect(users[0]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  const deployment = readFileSync(join(root, 'manifests/deployment.yaml'), 'utf8');
  expect(deployment).toContain(`runAsUser: ${users[0]!.split(':')[0]}\n`);
});

test('the image starts kintsugi without a shell, as the Deployment expects it', () => {
  expect(JSON.parse(all(image, 'ENTRYPOINT')[0]!)).toEqual([
    'node',
    '--max-semi-space-size=4',
    'bin/kintsugi.cjs',
  ]);
  expect(JSON.parse(all(image, 'CMD')[0]!)).toEqual(['operator']);
  expect(all(image, 'EXPOSE')).toEqual(['8080']);
});

test('everything that is copied exists, here or in the stage that it comes from', () => {
  for (const stage of stages) {
    for (const { from, sources } of copiesOf(stage)) {
      if (from !== undefined) {
        expect(stages.map(({ name }) => name)).toContain(from);
        continue;
      }
      for (const source of sources) expect(existsSync(join(root, source)), `COPY ${source}`).toBe(true);
    }
  }
});

test('.dockerignore lets through exactly what is copied', () => {
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copied = stages.flatMap((stage) =>
    copiesOf(stage)
      .filter(({ from }) => from === undefined)
      .flatMap(({ sources }) => sources),
  );
  expect(new Set(allowed)).toEqual(new Set(copied));
});

test('the image has the packages for running alone, and neither sources nor tests', () => {
  const packages = copiesOf(image).find(({ sources }) =>
    sources.some((path) => path.endsWith('node_modules')),
  );
  const stage = stages.find(({ name }) => name === packages?.from)!;
  const install = all(stage, 'RUN').filter((command) => /\bnpm\b/.test(command));
  expect(install).toEqual(['npm ci --omit=dev --omit=optional']);
  const own = copiesOf(image).flatMap(({ sources }) => sources);
  expect(own.filter((path) => /(^|\/)(src|test|bench|lint)$/.test(path))).toEqual([]);
  expect(all(image, 'RUN')).toEqual([]);
});

test('the compiling stage gives every module of src, and these import only packages for running', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kintsugi-image-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const compiling = stages.find(({ name }) => name === 'compiled')!;
  for (const { sources } of copiesOf(compiling)) {
    for (const source of sources) cpSync(join(root, source), join(directory, source), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  expect(all(compiling, 'RUN')).toEqual(['npm ci', 'npm run build']);
  const { scripts, dependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  expect(scripts.build).toBe('tsc -p tsconfig.build.json');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: directory,
    encoding: 'utf8',
  });
  expect(built.stdout + built.stderr).toBe('');
  const compiled = filesBelow(join(directory, 'dist'), '.js');
  expect(new Set(compiled)).toEqual(new Set(filesBelow(join(root, 'src'), '.ts')));

  const imported = packagesBehind(join(directory, 'dist', 'main.js'));
  expect(imported).toContain('undici');
  expect(imported.filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);

  for (const source of ['bin', 'crds']) {
    cpSync(join(root, source), join(directory, source), { recursive: true });
  }
  rmSync(join(directory, 'src'), { recursive: true });
  const help = spawnSync(process.execPath, ['bin/kintsugi.cjs', '--help'], {
    cwd: directory,
    encoding: 'utf8',
  });
  expect([help.status, help.stderr]).toEqual([0, '']);
  for (const command of ['operator', 'standalone', 'lab']) expect(help.stdout).toContain(command);
});

/** Paths of the files below a folder that end so, without the ending. */
function filesBelow(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => path.slice(0, -ending.length));
}

/** Names of the packages that a compiled module and all that it imports need; `@scope/name` counts as one. */
function packagesBehind(entry: string): readonly string[] {
  const packages = new Set<string>();
  const waiting = [entry];
  const seen = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const specifier of specifiersOf(readFileSync(path, 'utf8'))) {
      if (specifier.startsWith('.')) waiting.push(join(dirname(path), specifier));
      else if (!specifier.startsWith('node:')) packages.add(packageOf(specifier));
    }
  }
  return [...packages];
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function specifiersOf(code: string): readonly string[] {
  const found = code.matchAll(/(?:^import |\bfrom |\bimport\()'([^'\n]+)'/gm);
  return [...found].map(([, specifier = '']) => specifier);
}
