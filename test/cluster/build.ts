import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * The real servers of the tests, built from source with the Go that is installed. `node test/cluster/build.ts` builds
 * them by hand; the tests do it by themselves, once, into an ignored folder.
 */
export interface ClusterBinaries {
  readonly kubeApiserver: string;
  readonly etcd: string;
  readonly kubectl: string;
}

export const kubernetesVersion = 'v1.36.3';

const moduleFolder = import.meta.dirname;
const cacheFolder = join(moduleFolder, '..', '..', '.cache', 'cluster');
const binFolder = join(cacheFolder, 'bin');
const stampFile = join(binFolder, 'built-from');

const binaries: ClusterBinaries = {
  kubeApiserver: join(binFolder, 'kube-apiserver'),
  etcd: join(binFolder, 'etcd'),
  kubectl: join(binFolder, 'kubectl'),
};

/** kubectl refuses to compare versions with a server (or itself) that was built without these. */
const linkerFlags = [
  '-s -w',
  `-X k8s.io/component-base/version.gitVersion=${kubernetesVersion}`,
  '-X k8s.io/component-base/version.gitMajor=1',
  '-X k8s.io/component-base/version.gitMinor=36',
].join(' ');

/** Largest first, so that the others find most of their packages already compiled. */
const commands = [
  { package: 'k8s.io/kubernetes/cmd/kube-apiserver', binary: binaries.kubeApiserver },
  { package: 'k8s.io/kubernetes/cmd/kubectl', binary: binaries.kubectl },
  { package: 'go.etcd.io/etcd/server/v3', binary: binaries.etcd },
] as const;

/**
 * Why the real servers cannot be had on this machine, as a sentence, or undefined when they can. It asks the Go command
 * in the module's folder, because there Go also decides whether its own version will do.
 */
export function whyNoBinaries(): string | undefined {
  if (isBuilt()) return undefined;
  const go = spawnSync('go', ['version'], { cwd: moduleFolder, encoding: 'utf8' });
  if (go.status === 0) return undefined;
  const said = (go.error?.message ?? go.stderr).trim();
  return `the real kube-apiserver, etcd and kubectl ${kubernetesVersion} are built with Go, and "go version" failed (${said}); install Go 1.26 or newer`;
}

/** Returns the binaries, building them first when they are missing or go.mod has changed since. Rejects with go's own message. */
export async function ensureBinaries(): Promise<ClusterBinaries> {
  if (isBuilt()) return binaries;
  mkdirSync(binFolder, { recursive: true });
  const lock = await takeBuildLock();
  try {
    if (!isBuilt()) await build();
  } finally {
    lock.close();
  }
  return binaries;
}

function wantedStamp(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleFolder, file)));
  return `${hash.update(linkerFlags).digest('hex')} ${process.platform} ${process.arch}\n`;
}

function isBuilt(): boolean {
  try {
    return readFileSync(stampFile, 'utf8') === wantedStamp();
  } catch {
    return false;
  }
}

/** An exclusive SQLite transaction: the kernel frees it when its holder dies, so a killed build leaves no stale lock. */
async function takeBuildLock(): Promise<DatabaseSync> {
  const database = new DatabaseSync(join(cacheFolder, 'build-lock.sqlite'), { timeout: 0 });
  for (let waited = 0; ; waited++) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return database;
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && error.errcode === 5;
      if (!isBusy) {
        database.close();
        throw error;
      }
    }
    if (waited === 0) say('another process is building the cluster binaries; waiting for it');
    await wait(500);
  }
}

async function build(): Promise<void> {
  rmSync(stampFile, { force: true });
  for (const command of commands) {
    await goBuild(command.package, `${command.binary}.new`);
    renameSync(`${command.binary}.new`, command.binary);
  }
  writeFileSync(stampFile, wantedStamp());
}

function goBuild(packageName: string, output: string): Promise<void> {
  say(`building ${packageName} (the first time this takes minutes)`);
  const startedMs = Date.now();
  const secondsPassed = (): number => Math.round((Date.now() - startedMs) / 1000);
  const progress = setInterval(() => say(`still building ${packageName}, ${secondsPassed()} s`), 20_000);
  return new Promise<void>((resolve, reject) => {
    const go = spawn(
      'go',
      ['build', '-trimpath', '-buildvcs=false', '-ldflags', linkerFlags, '-o', output, packageName],
      {
        cwd: moduleFolder,
        env: { ...process.env, CGO_ENABLED: '0' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let errors = '';
    go.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors = (errors + chunk).slice(-4000);
    });
    go.once('error', reject);
    go.once('close', (code) => {
      if (code === 0) {
        say(`built ${packageName} in ${secondsPassed()} s`);
        resolve();
      } else {
        reject(new Error(`go build ${packageName} failed with ${code}: ${errors}`));
      }
    });
  }).finally(() => clearInterval(progress));
}

function say(line: string): void {
  process.stderr.write(`cluster: ${line}\n`);
}

if (import.meta.main) {
  const because = whyNoBinaries();
  if (because === undefined) {
    const built = await ensureBinaries();
    process.stdout.write(`${Object.values(built).join('\n')}\n`);
  } else {
    // The tests themselves say which of them are skipped, or fail; this only says it earlier.
    say(because);
    process.exitCode = process.env['CI'] === 'true' ? 1 : 0;
  }
}
