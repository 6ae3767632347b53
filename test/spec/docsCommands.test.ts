/** What the pages tell people to type is there: subcommands, options, scripts, folders. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { operatorCommand } from '../../src/commandLine/operator.ts';
import { standaloneCommand } from '../../src/commandLine/standalone.ts';
import { bmcBehaviours } from '../../src/lab/bmc/behaviours.ts';
import { labCommand } from '../../src/lab/cli.ts';
import type { Surroundings } from '../../src/terminal/surroundings.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'manifests/examples/release-member/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const { scripts } = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** Lines of the fenced `sh` blocks of a page, and commands in the running text that begin with lab or npm. */
function commandsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap((match) =>
    (match[1] ?? '').replaceAll('\\\n', ' ').split('\n'),
  );
  const inline = [...text.matchAll(/`((?:npm|npx|kintsugi|lab)\s[^`]+)`/g)].map((match) =>
    (match[1] ?? '')
      .replaceAll(/\s+/g, ' ')
      .replace(/^(lab|kintsugi) /, (word) => (word === 'lab ' ? 'npx kintsugi lab ' : 'npx kintsugi ')),
  );
  return [...blocks, ...inline].map((line) => line.trim());
}

function program(): Command {
  const made = new Command('kintsugi');
  // Only the shape of the commands is looked at; none of them is run.
  const nothing = {} as Surroundings;
  operatorCommand(made, nothing);
  standaloneCommand(made, nothing);
  labCommand(made, nothing);
  return made;
}

/** Why a command line names something that is not there, or undefined. */
function mistakeOf(line: string): string | undefined {
  const words = line.split(/\s+/);
  if (line.startsWith('npx kintsugi ')) return mistakeOfKintsugi(words.slice(2));
  if (line.startsWith('npm run ')) return scriptIsThere(words[2] ?? '') ?? mistakeOfScript(words);
  if (line.startsWith('npx vitest run '))
    return existsSync(join(root, words[3] ?? '')) ? undefined : words[3];
  return undefined;
}

function scriptIsThere(name: string): string | undefined {
  return name in scripts ? undefined : `no script ${name}`;
}

const sources: Readonly<Record<string, string>> = {
  demo: 'src/demo/main.ts',
  simulate: 'test/contradictions/simulate.ts',
};

function mistakeOfScript([, , script = '', ...rest]: readonly string[]): string | undefined {
  const flags = rest.filter((word) => /^--./.test(word));
  const source = read(sources[script] ?? 'bench/main.ts');
  // commander names an option together with its value.
  return flags.find((flag) => !source.includes(`'${flag}'`) && !source.includes(`'${flag} <`));
}

function mistakeOfKintsugi(words: readonly string[]): string | undefined {
  let command = program();
  for (const word of words) {
    const name = word.replace(/=.*/, '');
    if (name.startsWith('--')) {
      const known = command.options.some((option) => option.long === name) || name === '--help';
      if (!known) return `${command.name()} has no option ${name}`;
      continue;
    }
    const sub = command.commands.find((one) => one.name() === name);
    if (sub !== undefined) command = sub;
    else if (command.commands.length > 0) return `${command.name()} has no command ${name}`;
  }
  return undefined;
}

test.each(pages)('%s tells people to type only what is there', (page) => {
  for (const line of commandsOf(read(page))) {
    const mistake = mistakeOf(line);
    expect(mistake, line).toBeUndefined();
  }
});

test('a command or an option that is not there would be noticed', () => {
  expect(mistakeOf('npx kintsugi lab explode host-3 --state $LAB')).toBe('lab has no command explode');
  expect(mistakeOf('npx kintsugi standalone --stat x')).toBe('standalone has no option --stat');
  expect(mistakeOf('npm run dmo')).toBe('no script dmo');
  expect(mistakeOf('npm run demo -- --safe')).toBe('--safe');
  expect(commandsOf(read('README.md')).filter((line) => line.startsWith('npx kintsugi'))).not.toHaveLength(0);
});

test('the page of the lab has every command that steers it, every effect and every behaviour', () => {
  const page = read('docs/lab.md');
  const lab = program().commands.find((one) => one.name() === 'lab');
  for (const command of lab?.commands ?? []) {
    expect(page).toContain(`lab ${command.name()}`);
    for (const choice of command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])) {
      expect(page, `${command.name()} ${choice}`).toMatch(new RegExp(`\\b${choice}\\b`));
    }
  }
  for (const { word, means } of bmcBehaviours) expect(page).toContain(`| \`${word}\` | ${means} |`);
});

test('README and CONTRIBUTING link only to what is there', () => {
  for (const page of ['README.md', 'CONTRIBUTING.md']) {
    for (const [, link = ''] of read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (!link.includes('://')) expect(existsSync(join(root, link)), `${page}: ${link}`).toBe(true);
    }
  }
});

test('the change that CONTRIBUTING proposes can be made, and the test that it names is there', () => {
  const page = read('CONTRIBUTING.md');
  const before = /^ *-(export const .+)$/m.exec(page)?.[1] ?? 'no change is proposed';
  expect(read('src/domain/guards/poolHealth.ts')).toContain(before);
  expect(read('test/spec/guards/failure.scenarios.ts')).toContain(
    "waits for eleven minutes after the master's toolstack started",
  );
});
