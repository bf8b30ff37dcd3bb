/** A host where all is well. */
import type { ClockFacts, DiskFacts, LatencyFacts, PortFacts, SoftwareFacts, UserFacts } from "./facts.ts";

export const FINE: {
  user: UserFacts;
  latency: LatencyFacts;
  clock: ClockFacts;
  disk: DiskFacts;
  software: SoftwareFacts;
} = {
  user: {
    name: "pi",
    root: false,
    groups: ["pi", "dialout"],
    mayNice: false,
    lineWorkers: { seen: 4, realtime: 4 },
    mayKeepAwake: true,
    limits: { realTimePriority: 60, lockedBytes: 8 * 2 ** 20, openFiles: Infinity },
  },
  latency: { timer: { medianMs: 0.1, worstMs: 1 }, loopback: { medianMs: 0.1, worstMs: 1 } },
  clock: { synchronised: true, source: "arch_sys_counter", monotonic: { advances: true, anchorErrorNs: 50 } },
  disk: { folder: "/var/lib", writable: true, freeBytes: 50e9, fileSystem: "ext4", fsyncMedianMs: 8 },
  software: {
    node: "22.1.0",
    architecture: "arm64",
    addons: ["drivers", "twin", "reservoir", "telemetry"].map((name) => ({ name, error: null })),
    kernels: ["readout: neon"],
    missing: [],
    modemManager: false,
  },
};

export const FINE_PORT: PortFacts = {
  key: "board.data",
  path: "/dev/serial/by-id/usb-bitaxe-if02",
  exists: true,
  device: true,
  pseudoTerminal: false,
  readable: true,
  writable: true,
  group: "dialout",
  stablePath: null,
  holders: [],
  latencyTimer: { ms: 1, file: "/sys/class/tty/ttyUSB0/device/latency_timer", writable: true },
};
