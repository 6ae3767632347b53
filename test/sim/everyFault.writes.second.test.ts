/** The writes with odd numbers; see everyWrite.ts. */
import { faultEveryWrite } from './everyWrite.ts';

await faultEveryWrite(1);
