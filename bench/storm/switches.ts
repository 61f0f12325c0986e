/** The process of the switches: each with a database of its own, all quiet until they are told to storm. */
import { join } from 'node:path';
import { answerQuestions } from '../worker.js';
import { type FakeDatabase, startFakeDatabase } from './fake-database.js';
import { controllerPath, databasePath } from './site.js';
import { type StormingSwitch, startStormingSwitch } from './storming-switch.js';

let databases: FakeDatabase[] = [];
let switches: StormingSwitch[] = [];

answerQuestions({
  async start({ folder, count }: { folder: string; count: number }): Promise<void> {
    const all = Array.from({ length: count }, (_, index) => index);
    databases = await Promise.all(all.map((index) => startFakeDatabase(join(folder, databasePath(index)))));
    switches = all.map((index) => startStormingSwitch(join(folder, controllerPath(index)), index));
  },
  /** All by the port of their VM in the VI of this number. */
  storm({ viNumber }: { viNumber: number }): void {
    for (const [index, database] of databases.entries()) {
      const port = database.portNumber(`iris${viNumber.toString(36)}-`);
      if (port === undefined) throw new Error(`switch ${index} has no port of VI ${viNumber}`);
      switches[index]!.storm(port, viNumber);
    }
  },
  calm: (): number => switches.reduce((sum, one) => sum + one.calm(), 0),
  async stop(): Promise<void> {
    for (const one of switches) one.close();
    await Promise.all(databases.map((database) => database.close()));
  },
});
