import { describeWithCluster } from '../../cluster/describeWithCluster.ts';
import { accessCases } from './cases/access.ts';
import { deletingCases } from './cases/deleting.ts';
import { operatingCases } from './cases/operating.ts';
import { patchingCases } from './cases/patching.ts';
import { refusingCases } from './cases/refusing.ts';
import { watchingCases } from './cases/watching.ts';
import { runContract } from './runContract.ts';

describeWithCluster('what the API refuses, patches, deletes and reports', () => {
  runContract([
    ...refusingCases,
    ...patchingCases,
    ...deletingCases,
    ...watchingCases,
    ...operatingCases,
    ...accessCases,
  ]);
});
