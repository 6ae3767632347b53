import { describeWithCluster } from '../../cluster/describeWithCluster.ts';
import { builtinCases } from './cases/builtins.ts';
import { discoveryCases } from './cases/discovery.ts';
import { listingCases } from './cases/listing.ts';
import { readingCases } from './cases/reading.ts';
import { writingCases } from './cases/writing.ts';
import { runContract } from './runContract.ts';

describeWithCluster('what kubectl reads and writes', () => {
  runContract([...discoveryCases, ...readingCases, ...listingCases, ...writingCases, ...builtinCases]);
});
