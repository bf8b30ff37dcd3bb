/** Driving an echo state network of 1000 nodes, one in ten connections there, against reservoirpy (or scipy's sparse product). */
import { availableParallelism } from "node:os";
import { EchoStateNetwork } from "../reservoir/software/esn.ts";
import { type Bench, lessIsBetter, median } from "./harness/bench.ts";
import { ReadoutPeer, rowsOf } from "./peers/readout.ts";

const NODES = 1000;
const FAN_IN = 100;
const STEPS = 4000;
/** Steps that are timed at once. */
const RUN_STEPS = 400;
const REPEATS = 7;

export const bench: Bench = {
  about: `states of a network of ${NODES} nodes and ${FAN_IN} connections each, per step, against reservoirpy (ASICR_RESERVOIRPY) or scipy's sparse rows`,
  async run() {
    const peer = await ReadoutPeer.start(availableParallelism());
    try {
      const network = new EchoStateNetwork({ nodes: NODES, seed: 1, fanIn: FAN_IN });
      const u = rowsOf(STEPS, 1, 6);
      const ours: number[] = [];
      const peers: number[] = [];
      for (let i = 0; i < REPEATS; i++) {
        const samples: number[] = [];
        for (let from = 0; from < STEPS; from += RUN_STEPS) {
          const began = performance.now();
          await network.harvest(u.subarray(from, from + RUN_STEPS));
          samples.push(((performance.now() - began) * 1000) / RUN_STEPS);
        }
        ours.push(median(samples));
        peers.push((await peer.ask("harvest", { nodes: NODES, steps: STEPS })).seconds * 1e6);
      }
      const best = (of: readonly number[]) => Number(Math.min(...of).toPrecision(3));
      const notes = { best: best(ours), "peer's best": best(peers) };
      return [lessIsBetter(`N ${NODES}, 10 %, ${peer.name}`, "us/step", median(ours), median(peers), notes)];
    } finally {
      await peer.stop();
    }
  },
};
