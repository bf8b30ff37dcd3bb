import type { Clock } from "../../common/clock.ts";
import type { WireDirection } from "../../common/wire-recording.ts";
import { type ChipLink, FRAME_STRIDE, type FrameBatch, STRAY } from "../../drivers/transport/chip-link.ts";
import type { ControlPort } from "../../drivers/transport/control-port.ts";
import { tracedLink } from "../../drivers/transport/traced-link.ts";
import type { Ports } from "../hardware/open.ts";
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
    get fd() {
      return port.fd ?? null;
    },
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

/**
 * What goes to the chips is noted as the wire trace hears of it, jobs of the native pump and of dialogues included; what comes from them with the capture
 * thread's stamps: frames, and bytes that belong to none. Of those that the link could not keep, the number is noted at the end.
 */
function recordedLink(link: ChipLink, recorder: WireRecorder, clock: Clock): ChipLink {
  const traced = tracedLink(link, ({ tNs, direction, bytes, droppedBefore = 0 }) => {
    if (direction === "from-chip") return;
    if (droppedBefore > 0) recorder.note({ kind: "dropped", tNs, port: "data", count: droppedBefore });
    recorder.note({ kind: "bytes", tNs, port: "data", direction: "to-board", sigmaNs: 0, bytes });
  });
  let strayBytes = 0;
  const noteLostStrays = () => {
    const { discardedBytes } = link.counters();
    if (discardedBytes > strayBytes) recorder.note({ kind: "stray", tNs: clock.nowNs(), port: "data", count: discardedBytes - strayBytes });
    strayBytes = discardedBytes;
  };
  const noteBytes = (batch: FrameBatch) => {
    for (let i = 0; i < batch.count; i++) {
      const at = i * FRAME_STRIDE;
      const head = batch.bytes[at] as number;
      const length = head & ~STRAY;
      const bytes = batch.bytes.subarray(at + 1, at + 1 + length);
      const [tNs, sigmaNs] = [batch.tNs[i] as bigint, batch.sigmaNs[i] as number];
      const stray = (head & STRAY) !== 0;
      if (stray) strayBytes += length;
      recorder.note({ kind: "bytes", tNs, port: "data", direction: "from-board", sigmaNs, bytes, ...(stray ? { stray } : {}) });
    }
    // Where none can be had, they are as old as this.
    if (!link.onBytes) noteLostStrays();
  };
  const unlisten = link.onBytes ? link.onBytes(noteBytes) : link.onFrames(noteBytes);
  const noteBaud = () => recorder.note({ kind: "baud", tNs: clock.nowNs(), port: "data", baud: link.baud });
  noteBaud();
  return {
    ...traced,
    get baud() {
      return link.baud;
    },
    // The trace looks at the bytes when they have been written: by then the caller's buffer may hold others.
    write: (bytes, deadlineMs) => traced.write(bytes.slice(), deadlineMs),
    async setBaud(baud) {
      await traced.setBaud(baud);
      noteBaud();
    },
    async close() {
      // Closing hands over what had waited for the rest of a frame.
      await traced.close();
      unlisten();
      noteLostStrays();
    },
  };
}
