/**
 * Worlds that contradict themselves, on both API servers: a person works with kubectl alone, the operator is a process of
 * its own that is ended and started again in the middle, and the oracle of each lab says what really happened.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithCluster } from '../cluster/describeWithCluster.ts';
import { histories } from './contradictions/histories.ts';
import { realServer, type Server, standalone } from './contradictions/servers.ts';
import { allowing, openSite, phase, type Site, sentence } from './contradictions/site.ts';

const deadlineMs = 600_000;

const servers: readonly (readonly [string, () => Promise<Server>])[] = [
  ['on the embedded API server', standalone],
  ['on a real kube-apiserver', realServer],
];

for (const [where, start] of servers) {
  describeWithCluster(where, () => {
    let server: Server;
    const sites: Site[] = [];
    /** By namespace. They go on side by side, and each history goes its way whatever becomes of the others. */
    let begun: ReadonlyMap<string, Promise<Site>>;

    beforeAll(async () => {
      server = await start();
      begun = new Map(
        histories.map(({ site, before }) => [
          site.namespace,
          openSite(server, site).then(async (opened) => {
            sites.push(opened);
            await before(opened);
            return opened;
          }),
        ]),
      );
      await Promise.allSettled(begun.values());
      await server.restartOperator(async () => {
        for (const { site, meanwhile } of histories)
          await begun.get(site.namespace)?.then(meanwhile, () => undefined);
      });
    }, deadlineMs);

    afterAll(async () => {
      await Promise.all(sites.splice(0).map((site) => site.close()));
      await server?.close();
    });

    test.each(histories)(
      '$title: nothing is done that could harm, and the request says why',
      {
        timeout: deadlineMs,
      },
      async ({ site: { namespace }, ends }) => {
        const site = await begun.get(namespace);
        if (site === undefined) throw new Error(`${namespace} was never begun`);
        // All in one look: for a moment after a restart the request says that the pool was not looked at yet.
        const [says, allows] = [ends.says.source, ends.allows.source];
        await site.untilShown(
          `${phase}: ${sentence} ${allowing}`,
          new RegExp(`^${ends.phase}: .*${says}.*${allows}`, 's'),
        );
        expect(site.lab.verdict().violations).toEqual([]);
        expect(site.harm()).toEqual(ends.harm);
      },
    );

    test('after all of them nothing more was done, and each virtual machine runs exactly once', async () => {
      for (const {
        site: { namespace },
        ends,
      } of histories) {
        const site = await begun.get(namespace);
        const verdict = site?.lab.verdict();
        expect(verdict?.violations).toEqual([]);
        expect(site?.harm()).toEqual(ends.harm);
        expect(verdict?.virtualMachines.filter((one) => one.runsOn.length !== 1)).toEqual([]);
      }
    });
  });
}
