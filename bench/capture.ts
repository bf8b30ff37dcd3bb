/** Time-stamps against the moment a frame was put on the line: the capture thread, serialport, pyserial and a bare C reader, one after another. */
import { closeSync, constants, openSync } from "node:fs";
import { SerialPort } from "serialport";
import { monotonicRawNs, startCapture } from "../drivers/native/index.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";
import { askAsCapture } from "./harness/capture-requests.ts";
import { IDLE, LOADED, loadEventLoop } from "./harness/event-loop-load.ts";
import { quantile } from "./harness/quantile.ts";
import { compileEnds, LineProcess, PYSERIAL_SCRIPT, pythonWithSerial } from "./peers/capture.ts";

const FRAME_BYTES = 11;
const REPEATS = 5;
const QUANTILES = [0.5, 0.99, 0.999];
/** A chip at its everyday ticket, an S9 at difficulty 1, and more than any chain sends. Seconds a repeat takes, loaded and idle. */
const RATES = [
  { perSecond: 120, loadedS: 1.8, idleS: 1 },
  { perSecond: 3300, loadedS: 0.4, idleS: 0.4 },
  { perSecond: 20_000, loadedS: 0.4, idleS: 0.4 },
];
/** A pseudo-terminal has no line: all bytes of a frame are there at once, and none is to be dated back. */
const NO_LINE_BAUD = 4_000_000_000;
/** Once it says it is ready, a reader has yet to begin its first read. */
const SETTLE_MS = 30;

/** One reader's stamps of `count` frames on the pseudo-terminal at `path`; `begin` once it reads. */
interface Reading {
  readonly path: string;
  readonly count: number;
  readonly loaded: boolean;
  begin(): void;
}
type Reader = (reading: Reading) => Promise<bigint[]>;

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

const ours: Reader = async ({ path, count, begin }) => {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const stamps: bigint[] = [];
  try {
    await new Promise<void>((done, fail) => {
      const capture = startCapture(fd, {
        baud: NO_LINE_BAUD,
        responseLength: FRAME_BYTES,
        onFrames: (batch) => {
          for (const tNs of batch.tNs) stamps.push(tNs);
          if (stamps.length < count) return;
          capture.stop();
          done();
        },
        onEnd: ({ message }) => fail(new Error(message)),
      });
      settle().then(begin, fail);
    });
  } finally {
    closeSync(fd);
  }
  return stamps;
};

/** process.hrtime is CLOCK_MONOTONIC, which NTP slews: both clocks at both ends of the reading. */
function clocks(): { hrtime: bigint; raw: bigint } {
  const before = process.hrtime.bigint();
  const raw = monotonicRawNs();
  return { hrtime: (before + process.hrtime.bigint()) / 2n, raw };
}

const serialport: Reader = async ({ path, count, begin }) => {
  const port = await new Promise<SerialPort>((resolve, reject) => {
    const opened = new SerialPort({ path, baudRate: 1_000_000 }, (error) => (error ? reject(error) : resolve(opened)));
  });
  const from = clocks();
  const stamps: bigint[] = [];
  let received = 0;
  await new Promise<void>((done, fail) => {
    port.on("data", (chunk: Buffer) => {
      const tNs = process.hrtime.bigint();
      received += chunk.length;
      while (stamps.length * FRAME_BYTES < received && stamps.length < count) stamps.push(tNs);
      if (received >= count * FRAME_BYTES) done();
    });
    settle().then(begin, fail);
  });
  const to = clocks();
  await new Promise((resolve) => port.close(resolve));
  const slope = Number(to.raw - from.raw) / Number(to.hrtime - from.hrtime);
  return stamps.map((tNs) => from.raw + BigInt(Math.round(Number(tNs - from.hrtime) * slope)));
};

const inProcess =
  (command: string, words: (reading: Reading) => string[]): Reader =>
  async (reading) => {
    const child = new LineProcess(command, words(reading));
    await child.line();
    await settle();
    reading.begin();
    const stamps = await child.times();
    await child.end();
    return stamps;
  };

/** Peers read on the machine as their users find it, and once more with what the capture asks of the kernel. */
const PEERS = ["serialport", "pyserial"];
const ASKED = "with requests";

interface Rig {
  readonly path: string;
  readonly writer: LineProcess;
}

/** The quantiles of one reading's errors, us. Throws when a frame is missing. */
async function errorsOf(reader: Reader, rig: Rig, perSecond: number, seconds: number, loaded: boolean, seed: number): Promise<number[]> {
  const count = Math.round(perSecond * seconds);
  const begin = () => rig.writer.tell(`${perSecond} ${count} ${seed}`);
  const stamps = await reader({ path: rig.path, count, loaded, begin });
  const put = await rig.writer.times();
  if (stamps.length !== count || put.length !== count) throw new Error(`${stamps.length} of ${count} frames were stamped`);
  const errorsUs = put.map((tNs, i) => Math.abs(Number((stamps[i] as bigint) - tNs)) / 1000);
  return QUANTILES.map((q) => quantile(errorsUs, q));
}

interface Contestant {
  readonly name: string;
  readonly reader: Reader;
  /** Whether what a capture asks of the kernel is asked for it. */
  readonly asked: boolean;
}

function contestantsOf(readers: ReadonlyMap<string, Reader>): Contestant[] {
  return [...readers].flatMap(([name, reader]) =>
    PEERS.includes(name)
      ? [
          { name, reader, asked: false },
          { name: `${name} ${ASKED}`, reader, asked: true },
        ]
      : [{ name, reader, asked: true }],
  );
}

async function compare(rig: Rig, contestants: readonly Contestant[], loaded: boolean): Promise<BenchCase[]> {
  const cases: BenchCase[] = [];
  for (const { perSecond, loadedS, idleS } of RATES) {
    const seen = new Map<string, number[][]>(contestants.map(({ name }) => [name, []]));
    for (let repeat = 0; repeat < REPEATS; repeat++)
      // To and fro: none always comes after the same other.
      for (const { name, reader, asked } of repeat % 2 === 0 ? contestants : contestants.toReversed()) {
        const withdraw = asked ? askAsCapture() : () => {};
        // pyserial has the load in its own program, where it hurts.
        const release = loaded && !name.startsWith("pyserial") ? loadEventLoop() : () => {};
        try {
          seen.get(name)?.push(await errorsOf(reader, rig, perSecond, loaded ? loadedS : idleS, loaded, repeat + 1));
        } finally {
          release();
          withdraw();
        }
      }
    const figure = (name: string, at: number) => median((seen.get(name) ?? []).map((quantiles) => quantiles[at] ?? Number.NaN));
    const names = contestants.map(({ name }) => name);
    for (const [at, q] of QUANTILES.entries()) cases.push(caseOf(q, perSecond, loaded, names, (name) => figure(name, at)));
  }
  return cases;
}

function caseOf(q: number, perSecond: number, loaded: boolean, names: readonly string[], figure: (name: string) => number): BenchCase {
  const peers = names.filter((name) => PEERS.includes(name));
  const asked = names.filter((name) => name.endsWith(ASKED));
  return lessIsBetter(`p${q * 100} at ${perSecond}/s, ${loaded ? LOADED : IDLE}`, "us", figure("ours"), Math.min(...peers.map(figure)), {
    ...Object.fromEntries([...peers, ...asked].map((name) => [name, Math.round(figure(name))])),
    bareC: Number(figure("bareC").toPrecision(3)),
    // No program that reads a pseudo-terminal can do better than by about this: where it is below the target, no reader reaches it here.
    bareCReaches: Number((Math.min(...peers.map(figure)) / figure("bareC")).toPrecision(3)),
    ofBareC: Number((figure("ours") / figure("bareC")).toPrecision(3)),
    target: `${loaded ? `${q < 0.999 ? 15 : 8}x, ` : ""}1.5 of bareC`,
  });
}

export const bench: Bench = {
  about: "capture: error of time-stamps on a pseudo-terminal, against the better of serialport and pyserial, and beside a bare C reader",
  run: async () => {
    const { program, remove } = compileEnds();
    const writer = new LineProcess(program, ["write"]);
    try {
      const rig = { path: await writer.line(), writer };
      const readers = new Map<string, Reader>([
        ["ours", ours],
        ["bareC", inProcess(program, ({ path, count }) => ["read", path, `${count}`])],
        ["serialport", serialport],
      ]);
      const python = pythonWithSerial();
      if (python !== null) {
        const words = ({ path, count, loaded }: Reading) => [PYSERIAL_SCRIPT, path, `${count}`, loaded ? "1" : "0"];
        readers.set("pyserial", inProcess(python, words));
      }
      const contestants = contestantsOf(readers);
      return [...(await compare(rig, contestants, true)), ...(await compare(rig, contestants, false))];
    } finally {
      await writer.end();
      remove();
    }
  },
};
