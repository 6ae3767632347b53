import { describeWithCluster } from '../../cluster/describeWithCluster.ts';
import { deletingCases } from './cases/deleting.ts';
import { operatingCases } from './cases/operating.ts';
import { watchingCases } from './cases/watching.ts';
import { runContract } from './runContract.ts';

describeWithCluster('what the API deletes, reports and tells the operator', () => {
  runContract([...deletingCases, ...watchingCases, ...operatingCases]);
});
