/**
 * A process to kill: appends numbered nonces to a run and prints `committed N` once the store has confirmed the first N. Each round also adds
 * a job and a sample, so that every table is being written when the end comes.
 */
import { openStore } from "./client.ts";
import { job, newRun, numberedNonces, sample } from "./rows.test-support.ts";

const store = await openStore({ path: process.argv[2] as string, commitIntervalMs: 5 });
const runId = await store.startRun(newRun);
for (let next = 0, round = 0; ; round++) {
  const count = 1 + ((round * 37) % 300);
  store.addNonces(runId, numberedNonces(next, count));
  store.addJobs(runId, [job(round)]);
  store.addSample(runId, sample());
  next += count;
  await store.flush();
  process.stdout.write(`committed ${next}\n`);
}
