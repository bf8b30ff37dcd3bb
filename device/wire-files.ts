/** The files of `--record` and `--trace-wire`: of several boards each has its own, named after the board. */
import path from "node:path";
import type { WireRecord } from "../drivers/transport/traced-link.ts";
import type { Config } from "./config/schema.ts";
import type { Ports } from "./hardware/open.ts";
import type { Host } from "./host.ts";
import { recordingPorts } from "./recordings/recording-ports.ts";
import { openWireRecorder } from "./recordings/wire-recorder.ts";
import { openWireTrace } from "./wire-trace.ts";

export interface WireFiles {
  /** File of a recording of both ports; absent: none is made. */
  readonly record?: string | undefined;
  /** File that gets a line for every frame on the chips' wire; absent: none is made. */
  readonly traceWire?: string | undefined;
}

export interface Wire {
  readonly ports: Ports;
  readonly trace: ((entry: WireRecord) => void) | undefined;
  close(): Promise<void>;
}

/** `session.awr` of board bench-left is `session.bench-left.awr`. */
export function fileOf(file: string, rig: string): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}.${rig}${ext}`);
}

/** The host's ports, with what was asked for beside them. ConfigError TRACE_FILE or RECORD_FILE when a file cannot be written; then none is left open. */
export async function openWire({ record, traceWire }: WireFiles, config: Config, { ports, clock }: Host): Promise<Wire> {
  const trace = traceWire === undefined ? null : await openWireTrace(traceWire, config.board.kind);
  try {
    const recording = record === undefined ? null : await openWireRecorder(record, config, clock);
    return {
      ports: recording === null ? ports : recordingPorts(ports, recording, clock),
      trace: trace?.record,
      async close() {
        await trace?.close();
        await recording?.close();
      },
    };
  } catch (error) {
    await trace?.close();
    throw error;
  }
}
