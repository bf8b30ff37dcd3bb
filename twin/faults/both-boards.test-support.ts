import { read as readS9, S9VirtualHost } from "../s9-virtual-host.ts";
import { read, VirtualHost } from "../virtual-host.ts";
import type { TwinBoard } from "./fault.ts";
import type { FaultSpec } from "./spec.ts";
import { FaultTable } from "./table.ts";

/** Either virtual host, brought up, seen through what the two have in common. */
export interface AnyHost {
  readonly faults: FaultTable;
  /** Bytes of the answer of one chip to a chip-id read. */
  readonly answerBytes: number;
  nowMs(): number;
  /** Sends a broadcast read of the chip id and lets `ms` pass; what comes back, with the time of its last bit. */
  ask(ms?: number): { readonly endMs: number; readonly bytes: Uint8Array }[];
  /** Lets time pass without a word. */
  wait(ms: number): { readonly endMs: number; readonly bytes: Uint8Array }[];
  /** A request to the bridge and its answer; empty when there was none. */
  request(page: number, command: number, ...rest: number[]): Uint8Array;
  readonly framesReceived: () => number;
}

export function hostOf(board: TwinBoard, faults: readonly FaultSpec[] = [], options: { chips?: number; seed?: number } = {}): AnyHost {
  const common = { chips: 1, ...options, faults: new FaultTable(faults, board) };
  const host = board === "s9" ? new S9VirtualHost(common) : new VirtualHost(common);
  host.bringUp();
  const twin = host instanceof S9VirtualHost ? host.board : host.bitaxe;
  const timed = (ms: number) => host.run(ms).map(({ endNs, bytes }) => ({ endMs: endNs / 1e6, bytes }));
  return {
    faults: common.faults,
    answerBytes: board === "s9" ? 7 : 11,
    nowMs: () => twin.nowNs / 1e6,
    ask: (ms = 2) => {
      host.send(board === "s9" ? readS9(0) : read(0));
      return timed(ms);
    },
    wait: timed,
    request: (page, command, ...rest) => host.control(page, command, ...rest),
    framesReceived: () => twin.chain.framesReceived,
  };
}
