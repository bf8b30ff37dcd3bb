/** Learning online: recursive least squares of 1000 features, row by row and in blocks, against reservoirpy (or numpy). */
import { matrix, rowRange } from "../reservoir/matrix.ts";
import { Rls } from "../reservoir/readout/rls.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";
import { ReadoutPeer, rowsOf, sameValues } from "./peers/readout.ts";

const FEATURES = 1000;
const DELTA = 0.1;
const ROWS = 64;
const REPEATS = 7;

async function inBlocks(peer: ReadoutPeer, block: number): Promise<BenchCase> {
  const x = matrix(ROWS, FEATURES, rowsOf(ROWS, FEATURES, 10));
  const noise = rowsOf(ROWS, 1, 11);
  const y = matrix(
    ROWS,
    1,
    Float64Array.from(noise, (value, r) => (x.data[r * FEATURES] as number) + 0.1 * value),
  );
  const rls = new Rls({ features: FEATURES, delta: DELTA, intercept: false });
  await peer.ask("prepare_rls", { features: FEATURES, delta: DELTA, forgetting: 1 });
  const ours: number[] = [];
  const peers: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    // Timed block by block: most are over before another program takes the processor.
    const samples: number[] = [];
    for (let from = 0; from < ROWS; from += block) {
      const range = { from, to: from + block };
      const began = performance.now();
      rls.update(rowRange(x, range), rowRange(y, range));
      samples.push(((performance.now() - began) * 1000) / block);
    }
    ours.push(median(samples));
    const node = await peer.ask("rls", { features: FEATURES, rows: ROWS });
    peers.push(node.seconds * 1e6);
    // The peer's inverse is updated without a factorisation and drifts.
    sameValues("weights", rls.model().weights, node.values, 1e-6);
  }
  return lessIsBetter(`N ${FEATURES}, blocks of ${block}, ${peer.name}`, "us/row", median(ours), median(peers));
}

export const bench: Bench = {
  about: `recursive least squares of ${FEATURES} features, time per row, against reservoirpy (ASICR_RESERVOIRPY) or numpy`,
  async run() {
    const peer = await ReadoutPeer.start(1);
    try {
      return [await inBlocks(peer, 1), await inBlocks(peer, 16)];
    } finally {
      await peer.stop();
    }
  },
};
