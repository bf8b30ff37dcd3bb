/** Fitting a readout: Gram matrix, factorisation and weights from rows in memory, against reservoirpy (or numpy) and against BLAS alone. */
import { availableParallelism } from "node:os";
import { type Matrix, matrix } from "../reservoir/matrix.ts";
import { loadAddon, type ReservoirAddon } from "../reservoir/native/addon.ts";
import { RidgeAccumulator } from "../reservoir/readout/accumulator.ts";
import { FLOAT32_ERROR_BOUND } from "../reservoir/readout/refusal.ts";
import { type Accumulate, fitRidge, predict, type RidgeModel } from "../reservoir/readout/ridge.ts";
import { nrmse } from "../reservoir/statistics/nrmse.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";
import { ReadoutPeer, rowsOf, sameValues } from "./peers/readout.ts";

const PENALTY = 1e-3;
const SIZES = [
  { features: 1000, rows: 10_000, blocks: 1, repeats: 5 },
  // The same 10 000 rows ten times, for us and for the peers: 100 000 rows of 2000 features are 1.6 GB.
  { features: 2000, rows: 10_000, blocks: 10, repeats: 3 },
];
/** ASICR_RIDGE_FULL=1, and then nothing else: the peers hold 100 000 different rows of 2000 features, 1.6 GB; we are given them in blocks that are not kept. */
const FULL = { features: 2000, rows: 10_000, blocks: 10, repeats: 2, distinct: true };
const isFull = process.env.ASICR_RIDGE_FULL === "1";

interface Size {
  readonly features: number;
  readonly rows: number;
  readonly blocks: number;
  readonly repeats: number;
  /** Whether every block has rows of its own. */
  readonly distinct?: boolean;
}

/** As readout.py's prepare_ridge: block b of the rows, and the same target for each. */
function blockOf({ features, rows }: Size, b: number): { x: Matrix; y: Float64Array } {
  const x = matrix(rows, features, rowsOf(rows, features, 1 + 0.37 * b));
  const noise = rowsOf(rows, 1, 2 + 0.37 * b);
  const y = Float64Array.from(noise, (value, r) => {
    const row = x.data.subarray(r * features, (r + 1) * features);
    return (row[0] as number) + 0.5 * (row[features - 1] as number) + 0.1 * value;
  });
  return { x, y };
}

type Fitted = Pick<RidgeModel, "weights" | "intercept" | "float32Error">;

type Clock = () => number;
const wallSeconds: Clock = () => performance.now() / 1000;
const processorSeconds: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** By the clock with all threads, and by processor time, which other programs disturb less, with one on either side. */
interface Measure {
  readonly label: string;
  readonly threads: number;
  readonly clock: Clock;
}
const MEASURES: readonly Measure[] = [
  { label: "by the clock", threads: availableParallelism(), clock: wallSeconds },
  { label: "processor time", threads: 1, clock: processorSeconds },
];

/**
 * Multiply-adds a second that the threads in use can do. By processor time the best of many short looks, of which other programs leave some
 * alone: a slice of theirs is longer than a look.
 */
const peakOf = (addon: ReservoirAddon, clock: Clock): number =>
  clock === wallSeconds
    ? addon.probe({ bytes: 8192, seconds: 0.2 }).flopsPerSecond
    : Math.max(...Array.from({ length: 100 }, () => addon.probe({ bytes: 8192, seconds: 0.001 }).flopsPerSecond));

async function atSize(peer: ReadoutPeer, size: Size, { label: measured, threads, clock }: Measure): Promise<BenchCase[]> {
  const timed = async <T>(work: () => Promise<T>): Promise<{ took: number; model: T }> => {
    const began = clock();
    const model = await work();
    return { took: clock() - began, model };
  };
  const { features, rows, blocks, repeats, distinct = false } = size;
  const addon = loadAddon();
  if (addon === null) throw new Error("the reservoir addon is missing: run `make native`");
  addon.useThreads({ threads });
  await peer.ask("prepare_ridge", { features, rows, blocks, penalty: PENALTY, distinct: distinct ? 1 : 0 });
  const first = blockOf(size, 0);
  // These rows repeat themselves almost: float32 takes a penalty of a third of the mean eigenvalue to be judged safe. It takes no time.
  const safePenalty = (rows * blocks) / 30;
  /** One fit and its seconds; where blocks come from is not counted, for us as for the peers. */
  const fittedIn = async (accumulate: Accumulate, lambda: number): Promise<{ took: number; model: Fitted }> => {
    const settings = { lambda, standardise: false, accumulate };
    if (blocks === 1) return await timed(async () => await fitRidge(first.x, first.y, settings));
    const accumulator = new RidgeAccumulator(features, 1, undefined, accumulate);
    let took = 0;
    for (let b = 0; b < blocks; b++) {
      const { x, y } = distinct && b > 0 ? blockOf(size, b) : first;
      took += (await timed(() => accumulator.add(x, matrix(rows, 1, y)))).took;
    }
    const last = await timed(() => accumulator.fit(settings));
    return { took: took + last.took, model: { ...last.model, intercept: last.model.intercepts[0] as number } };
  };
  const ours: number[] = [];
  const floats: number[] = [];
  const fitted: number[] = [];
  const blas: number[] = [];
  const peaks: number[] = [];
  let rounded: Fitted | undefined;
  for (let i = 0; i < repeats; i++) {
    peaks.push(peakOf(addon, clock));
    const float32 = await fittedIn("float32", safePenalty);
    floats.push(float32.took);
    rounded = float32.model;
    const { took, model } = await fittedIn("float64", PENALTY);
    ours.push(took);
    const request = { processor_time: clock === processorSeconds ? 1 : 0 };
    const [node, plain] = [await peer.ask("ridge", request), await peer.ask("blas", request)];
    fitted.push(node.seconds);
    blas.push(plain.seconds);
    for (const other of [node, plain]) sameValues("weights", model.weights, other.values, 1e-9);
  }
  if (rounded === undefined) throw new Error("no fit was made");
  // The same problem by both: the peer's with the penalty that float32 needs. What it takes does not depend on that.
  const { values } = await peer.ask("ridge", { processor_time: 0, penalty: safePenalty });
  sameValues("weights from float32 products", rounded.weights, values, FLOAT32_ERROR_BOUND * Math.hypot(...rounded.weights));
  const exact = predict((await fittedIn("float64", safePenalty)).model, first.x);
  const float32Notes = {
    penalty: Number(safePenalty.toPrecision(4)),
    "weights' error, estimated": Number((rounded.float32Error ?? 0).toPrecision(2)),
    "refused above": FLOAT32_ERROR_BOUND,
    "predictions' difference from float64's, NRMSE": Number(nrmse(exact, predict(rounded, first.x)).toPrecision(2)),
  };
  // One triangle of X'X, a multiplication and an addition each, and a third of n^3 for the factorisation.
  const flops = rows * blocks * features * (features + 1) + features ** 3 / 3;
  const gigaflops = (took: readonly number[]) => Number((flops / median(took) / 1e9).toPrecision(4));
  const notes = (of: readonly number[], mine = ours) => ({
    "GFLOP/s": gigaflops(mine),
    "peer's": gigaflops(of),
    "% of FMA peak": Math.round((100 * gigaflops(mine) * 1e9) / median(peaks)),
    threads,
    kernel: addon.kernelName(),
  });
  const label = `N ${features}, T ${rows * blocks}${distinct ? ", all different" : ""}, ${measured}`;
  return [
    lessIsBetter(`${label}, ${peer.name}`, "s", median(ours), median(fitted), notes(fitted)),
    lessIsBetter(`${label}, OpenBLAS dsyrk + Cholesky`, "s", median(ours), median(blas), notes(blas)),
    // Products in float32, by choice and where that is judged safe: the peers have nothing but float64.
    lessIsBetter(`${label}, our float32, ${peer.name}`, "s", median(floats), median(fitted), { ...notes(fitted, floats), ...float32Notes }),
    lessIsBetter(`${label}, our float32, OpenBLAS dsyrk + Cholesky`, "s", median(floats), median(blas), {
      ...notes(blas, floats),
      ...float32Notes,
    }),
    lessIsBetter(`${label}, our float32, our own float64`, "s", median(floats), median(ours), { ...notes(ours, floats), ...float32Notes }),
  ];
}

export const bench: Bench = {
  about: `ridge fit of N features on T rows, float64 and (where safe) float32, by the clock with ${availableParallelism()} threads and by processor time with one, against reservoirpy's (ASICR_RESERVOIRPY) or numpy's, and against dsyrk + Cholesky`,
  async run() {
    const cases: BenchCase[] = [];
    for (const measure of MEASURES) {
      const peer = await ReadoutPeer.start(measure.threads);
      try {
        for (const size of isFull ? [FULL] : SIZES) cases.push(...(await atSize(peer, size, measure)));
      } finally {
        await peer.stop();
      }
    }
    loadAddon()?.useThreads({ threads: 0 });
    return cases;
  },
};
