/** The writes with even numbers; see everyWrite.ts. */
import { faultEveryWrite } from './everyWrite.ts';

await faultEveryWrite(0);
