import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { explicitConnection } from '../adapters/kubernetes/connection.ts';
import { createLog, type LogLevel } from '../adapters/log/log.ts';
import { crds } from '../api/generated/crds.ts';
import { startStandaloneApi } from '../standalone/start.ts';
import type { Surroundings } from '../terminal/surroundings.ts';
import { asPort, logLevelOption } from './options.ts';
import { runOperator } from './runOperator.ts';

interface Flags {
  readonly state: string;
  readonly address: string;
  readonly port: number;
  readonly logLevel: LogLevel;
}

/** Adds `standalone`: embedded Kubernetes API server and operator in one process. */
export function standaloneCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('standalone')
    .description(
      'Run everything in one process, without a Kubernetes cluster: an embedded API server that kubectl works with, and the operator beside it. All state is in one directory.',
    )
    .requiredOption(
      '--state <dir>',
      'holds objects, certificate, token and kubeconfig; made at the first start',
    )
    .option(
      '--address <address>',
      'where the API server listens; whoever reaches it still needs the token',
      '127.0.0.1',
    )
    .addOption(new Option('--port <port>', 'its port; 0 takes a free one').argParser(asPort).default(6443))
    .addOption(logLevelOption())
    .action(async (flags: Flags) => {
      const { clock, random } = surroundings;
      const log = createLog({ level: flags.logLevel });
      const api = await startStandaloneApi({
        directory: flags.state,
        address: flags.address,
        port: flags.port,
        clock,
        random,
        log,
        crds,
      });
      const operator = runOperator(surroundings, {
        connection: explicitConnection(api),
        log,
        leaseNamespace: 'kintsugi-system',
        holderName: hostname(),
      });
      surroundings.print(`The API server listens on ${api.origin}.`);
      surroundings.print(`kubectl --kubeconfig ${api.kubeconfigPath} get kintsugi`);
      await surroundings.untilStopped();
      await operator.stop();
      await api.close();
    });
}
