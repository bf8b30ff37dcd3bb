/** One step of a fitted readout, input and output in fixed places, against a readout node and against reading what it must read. */
import { loadAddon, type ReservoirAddon } from "../reservoir/native/addon.ts";
import { bindReadout } from "../reservoir/readout/bind.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";
import { ReadoutPeer, rowsOf, sameValues } from "./peers/readout.ts";

const FEATURES = 1000;
const REPEATS = 9;
const SAMPLES = 300;
/** Few enough that most samples are over before another program takes the processor. */
const SAMPLE_STEPS = 2000;
const PEER_STEPS = 20_000;

/** Nanoseconds a call, the middle of many short samples. */
function typicalNs(step: () => void, steps: number): number {
  const samples = Array.from({ length: SAMPLES }, () => {
    const began = performance.now();
    for (let s = 0; s < steps; s++) step();
    return ((performance.now() - began) * 1e6) / steps;
  });
  return median(samples);
}

/** Bytes a second, likewise from many short looks. */
const readRate = (addon: ReservoirAddon, bytes: number) =>
  median(Array.from({ length: SAMPLES }, () => addon.probe({ bytes, seconds: 0.0003 }).bytesPerSecond));

async function atTargets(peer: ReadoutPeer, targets: number): Promise<BenchCase[]> {
  const addon = loadAddon();
  if (addon === null) throw new Error("the reservoir addon is missing: run `make native`");
  // The peer's weights are features x targets.
  const theirs = rowsOf(FEATURES, targets, 3);
  const weights = Float64Array.from(
    { length: FEATURES * targets },
    (_, i) => theirs[(i % FEATURES) * targets + Math.floor(i / FEATURES)] as number,
  );
  const { input, output, step } = bindReadout({ weights, intercepts: rowsOf(1, targets, 4) });
  input.set(rowsOf(1, FEATURES, 5));
  const ours: number[] = [];
  const peers: number[] = [];
  const limits: number[] = [];
  // Weights and input, once each: what a step cannot do without. The input stays in the cache from target to target.
  const bytes = 8 * FEATURES * (targets + 1);
  for (let i = 0; i < REPEATS; i++) {
    ours.push(typicalNs(step, Math.ceil(SAMPLE_STEPS / targets)));
    const node = await peer.ask("infer", { features: FEATURES, targets, repeats: PEER_STEPS });
    peers.push(node.seconds * 1e9);
    sameValues("outputs", output, node.values, 1e-11);
    limits.push((bytes * 1e9) / readRate(addon, bytes));
  }
  const label = `N ${FEATURES}, ${targets} target${targets > 1 ? "s" : ""}`;
  const notes = { kernel: addon.kernelName() };
  return [
    lessIsBetter(`${label}, ${peer.name}`, "ns", median(ours), median(peers), notes),
    lessIsBetter(`${label}, reading ${bytes} bytes`, "ns", median(ours), median(limits), notes),
  ];
}

export const bench: Bench = {
  about:
    "one readout step through N-API, against reservoirpy's readout node (ASICR_RESERVOIRPY) or numpy's product, and the time to read its operands",
  async run() {
    const peer = await ReadoutPeer.start(1);
    try {
      return [...(await atTargets(peer, 1)), ...(await atTargets(peer, 10))];
    } finally {
      await peer.stop();
    }
  },
};
