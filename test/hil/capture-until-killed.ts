/**
 * A process to kill: the native capture thread reads numbered BM1387 frames from a port, and the store commits them. Around each hand-over the lines
 * `handing N T` and `handed N T`: so many nonces with it, T ns of process.hrtime.
 */
import { constants, openSync, writeSync } from "node:fs";
import { allocateNonces, NO_JOB, STATUS } from "../../common/nonce-batch.ts";
import { startCapture } from "../../drivers/native/index.ts";
import { FRAME_STRIDE } from "../../drivers/transport/chip-link.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { job, newRun, sample } from "../../telemetry/store/rows.test-support.ts";

const [database = "", port = "", commitIntervalMs = ""] = process.argv.slice(2);
const store = await openStore({ path: database, commitIntervalMs: Number(commitIntervalMs) });
const runId = await store.startRun(newRun);
let handed = 0;
let rounds = 0;

const fd = openSync(port, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);

startCapture(fd, {
  baud: 1_500_000,
  responseLength: 7,
  onFrames({ count, tNs, sigmaNs, bytes }) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const batch = allocateNonces(count);
    batch.tNs.set(tNs);
    batch.sigmaNs.set(sigmaNs);
    batch.jobSeq.fill(NO_JOB);
    batch.status.fill(STATUS.unknownJob);
    for (let i = 0; i < count; i++) batch.nonce[i] = view.getUint32(i * FRAME_STRIDE + 1);
    handed += count;
    writeSync(1, `handing ${handed} ${process.hrtime.bigint()}\n`);
    store.addJobs(runId, [job(rounds++)]);
    store.addNonces(runId, batch);
    store.addSample(runId, sample());
    writeSync(1, `handed ${handed} ${process.hrtime.bigint()}\n`);
  },
  onEnd: ({ message }) => process.stderr.write(`${message}\n`),
});
// The frames may come.
writeSync(fd, "\n");
