/** Carries out the faults that are not the board's: of the host under the daemon, and of its network. */
import type { FaultSpec, HostFaultName, NetworkFaultName } from "../../twin/index.ts";
import type { VirtualBroker } from "./virtual-broker.ts";
import type { HostState } from "./virtual-host.ts";
import type { VirtualViewer } from "./virtual-viewer.ts";

/** What a fault can get hold of; of the process and its clients those of the moment. */
export interface FaultTargets {
  readonly state: HostState;
  readonly broker: VirtualBroker;
  stepWallClock(ms: number): void;
  block(ms: number): void;
  /** And starts another process after so long. */
  kill(restartMs: number): void;
  viewers(): readonly VirtualViewer[];
}

type Carried = HostFaultName | NetworkFaultName;

interface Carrier {
  begin(targets: FaultTargets, value: number): void;
  end?(targets: FaultTargets): void;
}

const CARRIERS: Readonly<Record<Carried, Carrier>> = {
  "clock-step": { begin: (targets, ms) => targets.stepWallClock(ms) },
  "event-loop-blocked": { begin: (targets, ms) => targets.block(ms) },
  killed: { begin: (targets, ms) => targets.kill(ms) },
  "disk-full": {
    begin: ({ state }) => {
      state.disk.trouble = "full";
    },
    end: ({ state }) => {
      state.disk.trouble = null;
    },
  },
  "disk-slow": {
    begin: ({ state }, ms) => {
      state.disk.delayMs = ms;
    },
    end: ({ state }) => {
      state.disk.delayMs = 0;
    },
  },
  "fd-exhausted": {
    begin: ({ state }) => {
      state.descriptorsGone = true;
    },
    end: ({ state }) => {
      state.descriptorsGone = false;
    },
  },
  "broker-gone": { begin: ({ broker }) => broker.setReachable(false), end: ({ broker }) => broker.setReachable(true) },
  "client-slow": {
    begin: ({ state, viewers }, bytesPerS) => {
      state.clientBytesPerS = bytesPerS;
      for (const viewer of viewers()) viewer.bytesPerS = bytesPerS;
    },
    end: ({ state, viewers }) => {
      state.clientBytesPerS = null;
      for (const viewer of viewers()) viewer.bytesPerS = null;
    },
  },
  "socket-half-open": {
    begin: ({ state, broker, viewers }) => {
      state.clientsHalfOpen = true;
      for (const viewer of viewers()) viewer.halfOpen = true;
      broker.setMute(true);
    },
    // Who was gone stays gone; who comes from now on is there.
    end: ({ state, broker }) => {
      state.clientsHalfOpen = false;
      broker.setMute(false);
    },
  },
};

/** null for a fault that a board has. */
export function carrierOf({ name }: FaultSpec): Carrier | null {
  return Object.hasOwn(CARRIERS, name) ? CARRIERS[name as Carried] : null;
}
