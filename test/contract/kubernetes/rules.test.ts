import { describeWithCluster } from '../../cluster/describeWithCluster.ts';
import { accessCases } from './cases/access.ts';
import { badManifestCases } from './cases/badManifests.ts';
import { patchingCases } from './cases/patching.ts';
import { refusingCases } from './cases/refusing.ts';
import { runContract } from './runContract.ts';

describeWithCluster('what the API refuses and patches', () => {
  runContract([...badManifestCases, ...refusingCases, ...patchingCases, ...accessCases]);
});
