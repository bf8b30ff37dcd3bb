/** Driving an echo state network of 1000 nodes, one in ten connections there, against reservoirpy (or scipy's sparse product). */
import { availableParallelism } from "node:os";
import { loadAddon, type ReservoirAddon } from "../reservoir/native/addon.ts";
import { EchoStateNetwork } from "../reservoir/software/esn.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";
import { ReadoutPeer, rowsOf } from "./peers/readout.ts";

const NODES = 1000;
const FAN_IN = 100;
const STEPS = 2000;
/** Steps that are timed at once. */
const RUN_STEPS = 200;
/** The first three write into fresh pages, before anything was collected; the median is of those after them. */
const REPEATS = 9;

type Clock = () => number;
const wallUs: Clock = () => performance.now() * 1000;
const processorUs: Clock = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function usPerStep(network: EchoStateNetwork, u: Float64Array, clock: Clock): Promise<number> {
  const samples: number[] = [];
  for (let from = 0; from < STEPS; from += RUN_STEPS) {
    const began = clock();
    await network.harvest(u.subarray(from, from + RUN_STEPS));
    samples.push((clock() - began) / RUN_STEPS);
  }
  return median(samples);
}

/** Time in which one thread reads so many bytes over and over, from whichever cache holds them: the median of many short looks. */
function readUs(addon: ReservoirAddon, bytes: number): number {
  addon.useThreads({ threads: 1 });
  return (bytes * 1e6) / median(Array.from({ length: 50 }, () => addon.probe({ bytes, seconds: 0.0005 }).bytesPerSecond));
}

async function wired(addon: ReservoirAddon, peer: ReadoutPeer, wiring: "free" | "spread"): Promise<BenchCase[]> {
  const network = new EchoStateNetwork({ nodes: NODES, seed: 1, fanIn: FAN_IN, wiring });
  const u = rowsOf(STEPS, 1, 6);
  const cases: BenchCase[] = [];
  // The peer works on one thread. By the clock we may use all, and take one at this size; by processor time, which other programs disturb
  // less, no more is allowed.
  for (const [label, threads, clock] of [
    ["by the clock", 0, wallUs],
    ["processor time", 1, processorUs],
  ] as const) {
    const ours: number[] = [];
    const peers: number[] = [];
    const limits: number[] = [];
    for (let i = 0; i < REPEATS; i++) {
      addon.useThreads({ threads });
      ours.push(await usPerStep(network, u, clock));
      const answer = await peer.ask("harvest", { nodes: NODES, steps: STEPS, processor_time: clock === processorUs ? 1 : 0 });
      peers.push(answer.seconds * 1e6);
      limits.push(readUs(addon, network.bytesPerStep));
    }
    cases.push(
      lessIsBetter(`${wiring} wiring, ${label}, ${peer.name}`, "us/step", median(ours), median(peers), {
        "first us": Number((ours[0] as number).toPrecision(3)),
        "KiB/step": Math.round(network.bytesPerStep / 1024),
        "reading them us": Number(median(limits).toPrecision(3)),
        kernel: addon.kernelName(),
      }),
    );
  }
  return cases;
}

export const bench: Bench = {
  about: `states of a network of ${NODES} nodes and ${FAN_IN} connections each, per step, against reservoirpy (ASICR_RESERVOIRPY) or scipy's sparse rows`,
  async run() {
    const addon = loadAddon();
    if (addon === null) throw new Error("the reservoir addon is missing: run `make native`");
    const peer = await ReadoutPeer.start(availableParallelism());
    try {
      return [...(await wired(addon, peer, "free")), ...(await wired(addon, peer, "spread"))];
    } finally {
      addon.useThreads({ threads: 0 });
      await peer.stop();
    }
  },
};
