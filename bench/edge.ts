/**
 * Critical voltages of every chip of a twin, found by `plan: edge`, against the twin's own: error, coverage of the 95 % intervals, and the time that
 * is counted, against the grid of CLAIMS D (8 voltages 0.2 V apart, 300 s each, per frequency and difficulty).
 */
import { configSchema } from "../device/config/schema.ts";
import type { Session } from "../device/session.ts";
import { type EdgeReport, findEdges, type StoredLook } from "../device/sweep/edge/run-edge.ts";
import type { SetPoint, SweepPoint } from "../telemetry/messages.ts";
import { Bitaxe } from "../twin/bitaxe.ts";
import { S9HashBoard } from "../twin/board/s9-hashboard.ts";
import { domainOf } from "../twin/board/s9-physics.ts";
import { minimumVoltage1387 } from "../twin/chip/bm1387-silicon.ts";
import { errorProbabilities } from "../twin/chip/silicon.ts";
import type { FaultTable } from "../twin/faults.ts";
import { errorProbability } from "../twin/physics/error-law.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";
import { virtualRun } from "./harness/virtual-session.ts";

/** CLAIMS.md D: one frequency and one difficulty of it. */
const GRID_DWELL_S = 8 * 300;
const WANTED_MV = 5;
const SEEDS = Number(process.env.ASICR_EDGE_SEEDS ?? 20);
const FIRST_SEED = Number(process.env.ASICR_EDGE_FROM ?? 1);
const MOST_MINUTES = 15;

interface BoardCase {
  readonly name: string;
  readonly frequencyMhz: number;
  readonly config: (storePath: string) => Parameters<typeof configSchema.parse>[0];
  /** The twin, and its chips' true critical voltages as set-points of the moment, mV. */
  readonly make: (seed: number, faults: FaultTable) => { board: Bitaxe | S9HashBoard; truth: (mhz: number, share: number) => number[] };
}

function wiring(kind: string, chips: number, workScale: number) {
  return { kind, control: "virtual/control", data: "virtual/data", chips, workScale };
}

/** The voltage at which `share` is reached, by bisection: shares fall with it. */
function voltageAt(share: number, shareAt: (volts: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (shareAt(middle) > share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Domains share the string by what their chips draw, all at one clock: as it is at the moment. */
function s9Case(chips: number, tailShare: number, frequencyMhz: number): BoardCase {
  const workScale = 26;
  return {
    name: `S9, ${chips} chips${tailShare > 0 ? `, ${100 * tailShare} % weak ones` : ""}, ${frequencyMhz} MHz`,
    frequencyMhz,
    config: (path) => ({
      origin: "twin",
      board: wiring("s9-hashboard", chips, workScale),
      // Where every chip of the tail runs.
      setPoint: { coreVoltageMv: 8800, frequencyMhz: 500, ticketDifficulty: 1 },
      store: { path },
    }),
    make: (seed, faults) => {
      const board = new S9HashBoard({ chips, workScale, seed, ambientC: 25, faults, boardAddress: 0x55, tailShare, sensor: "TMP451" });
      const truth = (mhz: number, share: number) => {
        const { stringV, domainV } = board.state;
        return board.chain.chips.map(({ silicon, index }) => {
          const shareAt = (volts: number) =>
            mean(silicon.coreOffsetsV.map((offsetV) => errorProbability(volts - minimumVoltage1387(mhz) - offsetV)));
          return (1000 * voltageAt(share, shareAt, 0.2, 0.6) * stringV) / (domainV[domainOf(index)] as number);
        });
      };
      return { board, truth };
    },
  };
}

/** What its regulator makes of a set-point is taken as it is at the moment, and so is the junction's temperature. */
function bitaxeCase(frequencyMhz: number): BoardCase {
  const workScale = 22;
  return {
    name: `BM1366 on a Bitaxe Ultra, ${frequencyMhz} MHz`,
    frequencyMhz,
    config: (path) => ({
      origin: "twin",
      board: wiring("bitaxe-ultra", 1, workScale),
      setPoint: { coreVoltageMv: 1250, frequencyMhz: 485, ticketDifficulty: 1 },
      store: { path },
    }),
    make: (seed, faults) => {
      const board = new Bitaxe({ chips: 1, variant: "205", bridgeGeneration: "V0", workScale, seed, ambientC: 25, faults });
      const truth = (mhz: number, share: number) =>
        board.chain.chips.map(
          ({ silicon }) =>
            1000 * voltageAt(share, (volts) => mean(errorProbabilities(silicon, volts, mhz, board.physics.junctionC)), 0.8, 1.5),
        );
      return { board, truth };
    },
  };
}

interface Found {
  readonly report: EdgeReport;
  /** Of every chip that was placed, mV of the chip. */
  readonly errorsMv: readonly number[];
  readonly inside: number;
  /** Chips whose critical voltage is above what the board's limits allow at this frequency. */
  readonly beyond: number;
}

async function found(one: BoardCase, seed: number): Promise<Found> {
  let result: Found | null = null;
  let twin: ReturnType<BoardCase["make"]> | null = null;
  await virtualRun({
    seed,
    mostMinutes: MOST_MINUTES,
    configOf: (path) => configSchema.parse(one.config(path)),
    make: (faults) => {
      twin = one.make(seed, faults);
      return { twin: twin.board, truth: () => ({ running: true, supplyOn: true }) };
    },
    async work(session: Session, signal: AbortSignal) {
      const home = session.rig.setPoint as SetPoint;
      const { frequencyMhz } = one;
      const made = twin as NonNullable<typeof twin>;
      // What the regulator makes of a voltage that reads back: the search goes by that, and what was asked for is up to a step of the DS4432U away.
      let gain = Number.NaN;
      const look = async (_: SweepPoint, { coreVoltageMv, silent }: StoredLook) => {
        if (silent === null) gain = gainOf(made, coreVoltageMv);
      };
      const { config } = session;
      const before: never[] = [];
      const report = await findEdges(session, config.sweep, { frequencyMhz, home, before }, { look }, signal);
      const truth = made.truth(frequencyMhz, config.sweep.edge.share).map((mv) => mv / gain);
      const placed = report.chips.filter((chip) => chip.placed);
      const of = (chip: number) => (truth[chip] as number) / report.chipsInSeries;
      result = {
        report,
        errorsMv: placed.map(({ chip, criticalMv }) => criticalMv - of(chip)),
        beyond: truth.filter((mv) => mv > highestMv(session, frequencyMhz)).length,
        inside: placed.filter(({ chip, lowMv, highMv }) => lowMv <= of(chip) && of(chip) <= highMv).length,
      };
    },
  });
  return result as unknown as Found;
}

function highestMv({ rig }: Session, frequencyMhz: number): number {
  const { limits } = rig;
  return limits.coreVoltageCaps?.find(({ fromMhz }) => frequencyMhz >= fromMhz)?.maxMv ?? limits.coreVoltageMv.max;
}

/** Volts at the chips' rails for volts that read back. */
function gainOf({ board }: ReturnType<BoardCase["make"]>, readBackMv: number): number {
  return (1000 * (board instanceof Bitaxe ? board.physics.coreV : board.state.stringV)) / readBackMv;
}

async function measured(one: BoardCase): Promise<BenchCase> {
  const runs: Found[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const run = await found(one, seed);
    runs.push(run);
    const { report, errorsMv } = run;
    const worst = Math.max(0, ...errorsMv.map(Math.abs));
    process.stderr.write(
      `${one.name}, seed ${seed}: ${errorsMv.length} of ${report.chips.length} placed in ${report.dwellSeconds.toFixed(1)} s, worst error ${worst.toFixed(2)} mV, ${report.restarts} restarts${report.why === null ? "" : `; ${report.why}`}\n`,
    );
  }
  const errors = runs.flatMap(({ errorsMv }) => errorsMv.map(Math.abs)).sort((a, b) => a - b);
  const chips = runs.reduce((sum, { report }) => sum + report.chips.length, 0);
  const inside = runs.reduce((sum, run) => sum + run.inside, 0);
  const dwells = runs.map(({ report }) => report.dwellSeconds);
  // The slowest seed stands for the case.
  return lessIsBetter(one.name, "s", Math.max(...dwells), GRID_DWELL_S, {
    seeds: SEEDS,
    chips,
    "beyond the limits": runs.reduce((sum, { beyond }) => sum + beyond, 0),
    placed: errors.length,
    "median error mV": (errors[errors.length >> 1] ?? Number.NaN).toFixed(2),
    "worst error mV": (errors.at(-1) ?? Number.NaN).toFixed(2),
    [`within ${WANTED_MV} mV`]: `${errors.filter((error) => error <= WANTED_MV).length} of ${errors.length}`,
    "intervals that hold": `${inside} of ${errors.length}`,
    "median dwell s": median(dwells).toFixed(1),
    "median with settling s": median(runs.map(({ report }) => report.seconds)).toFixed(1),
    restarts: runs.reduce((sum, { report }) => sum + report.restarts, 0),
  });
}

export const bench: Bench = {
  about: `critical voltage of every chip of a twin within ${WANTED_MV} mV: time counted, against one frequency and difficulty of the grid of CLAIMS D`,
  async run() {
    const cases: BenchCase[] = [];
    for (const one of [bitaxeCase(525), s9Case(6, 0, 650), s9Case(6, 0.15, 650)]) cases.push(await measured(one));
    return cases;
  },
};
