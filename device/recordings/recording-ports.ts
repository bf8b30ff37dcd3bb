import type { Clock } from "../../common/clock.ts";
import type { WireDirection } from "../../common/wire-recording.ts";
import type { PumpedJobs, WorkPumpOptions } from "../../drivers/native/work-pump.ts";
import { type ChipLink, FRAME_STRIDE } from "../../drivers/transport/chip-link.ts";
import type { ControlPort } from "../../drivers/transport/control-port.ts";
import type { Ports } from "../hardware/open.ts";
import { pumpedFrame } from "./pumped-frame.ts";
import type { WireRecorder } from "./wire-recorder.ts";

/** The same ports, with everything that crosses them noted. */
export function recordingPorts(ports: Ports, recorder: WireRecorder, clock: Clock): Ports {
  return {
    openLink: async (path, baud, onWarning) => recordedLink(await ports.openLink(path, baud, onWarning), recorder, clock),
    openControl: async (path, onWarning) => recordedControl(await ports.openControl(path, onWarning), recorder, clock),
  };
}

function recordedControl(port: ControlPort, recorder: WireRecorder, clock: Clock): ControlPort {
  const note = (direction: WireDirection, bytes: Uint8Array) =>
    recorder.note({ kind: "bytes", tNs: clock.nowNs(), port: "control", direction, sigmaNs: 0, bytes });
  return {
    path: port.path,
    write(bytes) {
      note("to-board", bytes);
      port.write(bytes);
    },
    onData: (listener) =>
      port.onData((bytes) => {
        note("from-board", bytes);
        listener(bytes);
      }),
    onLost: (listener) => port.onLost(listener),
    close: () => port.close(),
  };
}

/** Frames are noted with the capture thread's stamps. Bytes that belong to no frame are known by their number alone. */
function recordedLink(link: ChipLink, recorder: WireRecorder, clock: Clock): ChipLink {
  const write = (tNs: bigint, bytes: Uint8Array) =>
    recorder.note({ kind: "bytes", tNs, port: "data", direction: "to-board", sigmaNs: 0, bytes });
  let discarded = 0;
  const noteStray = (tNs: bigint) => {
    const { discardedBytes } = link.counters();
    if (discardedBytes > discarded) recorder.note({ kind: "stray", tNs, port: "data", count: discardedBytes - discarded });
    discarded = discardedBytes;
  };
  const unlisten = link.onFrames((batch) => {
    for (let i = 0; i < batch.count; i++) {
      const at = i * FRAME_STRIDE;
      const bytes = batch.bytes.subarray(at + 1, at + 1 + (batch.bytes[at] as number));
      const [tNs, sigmaNs] = [batch.tNs[i] as bigint, batch.sigmaNs[i] as number];
      recorder.note({ kind: "bytes", tNs, port: "data", direction: "from-board", sigmaNs, bytes });
    }
    noteStray(clock.nowNs());
  });
  const noteBaud = () => recorder.note({ kind: "baud", tNs: clock.nowNs(), port: "data", baud: link.baud });
  noteBaud();
  const { startWorkPump } = link;
  return {
    path: link.path,
    get baud() {
      return link.baud;
    },
    async write(bytes, deadlineMs) {
      const copy = bytes.slice();
      const tNs = await link.write(bytes, deadlineMs);
      write(tNs, copy);
      return tNs;
    },
    async setBaud(baud) {
      await link.setBaud(baud);
      noteBaud();
    },
    setResponseLength: (length) => link.setResponseLength(length),
    onFrames: (listener) => link.onFrames(listener),
    onLost: (listener) => link.onLost(listener),
    counters: () => link.counters(),
    ...(startWorkPump && {
      startWorkPump: (options) =>
        startWorkPump.call(link, {
          ...options,
          onJobs: afterNoting((jobs, row) => write(jobs.sentNs[row] as bigint, pumpedFrame(jobs, row, options.format)), options),
        }),
    }),
    async close() {
      unlisten();
      noteStray(clock.nowNs());
      await link.close();
    },
  };
}

/** The pump writes by itself, and says afterwards what: its frames are built again, each once. */
function afterNoting(
  write: (jobs: PumpedJobs, row: number) => void,
  { firstSeq = 0, onJobs }: Pick<WorkPumpOptions, "firstSeq" | "onJobs">,
): (jobs: PumpedJobs) => void {
  let nextSeq = firstSeq;
  return (jobs) => {
    for (let row = 0; row < jobs.count; row++) {
      const jobSeq = jobs.jobSeq[row] as number;
      if (jobSeq < nextSeq || jobs.settled[row] !== 1) continue;
      nextSeq = jobSeq + 1;
      write(jobs, row);
    }
    onJobs(jobs);
  };
}
