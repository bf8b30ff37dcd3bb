/**
 * A miner behind a network, as a Stratum client: bytes in, bytes out, at times that are given. It searches for real: of the candidates its chips would
 * try one in 2^workScale is hashed, and as many fewer zero bits are asked for (DESIGN section 4), so shares verify and come at the hardware's rate.
 */
import { gaussian, type Random } from "../../common/random.ts";
import { difficultyOneBits, type FoundShare, HeaderWork } from "./header-work.ts";
import type { MinerKind } from "./miner-kinds.ts";
import { call, type PoolJob, readPool } from "./stratum-wire.ts";
import { WirelessPath } from "./wireless-path.ts";

/** Candidates hashed ahead of their time at most, between two looks at what else happens. */
const SEARCH_AHEAD = 32;
const QUEUED_JOBS = 2;
const IDS = { configure: 1, subscribe: 2, authorize: 3 } as const;

/** Time that a candidate stands for, ns. */
const stepNsOf = (workScale: number, hashRateHs: number): number => (2 ** workScale / hashRateHs) * 1e9;

interface Timed {
  readonly atNs: bigint;
  readonly line: string;
}

export class StratumMiner {
  /** Shares found, and answers to them. */
  found = 0;
  accepted = 0;
  refused = 0;
  readonly #kind: MinerKind;
  readonly #workScale: number;
  readonly #deviate: () => number;
  readonly #salt: number;
  readonly #towards: WirelessPath;
  readonly #back: WirelessPath;
  #stepNs: number;
  #inbox: Timed[] = [];
  #outbox: Timed[] = [];
  #queue: PoolJob[] = [];
  #work: HeaderWork | null = null;
  #beganNs = 0n;
  #searched = 0;
  #hit: FoundShare | null = null;
  #extranonce1: Buffer = Buffer.alloc(0);
  #extranonce2Bytes = 4;
  #mask = 0;
  #difficulty = 1;
  #calls = 10;

  constructor(kind: MinerKind, options: { workScale: number; random: Random }) {
    const { random, workScale } = options;
    this.#kind = kind;
    this.#workScale = workScale;
    this.#deviate = gaussian(random);
    this.#salt = Math.floor(random.next() * 2 ** 32);
    this.#towards = new WirelessPath(kind.path, random);
    this.#back = new WirelessPath(kind.path, random);
    this.#stepNs = stepNsOf(workScale, kind.hashRateHs);
  }

  /** Another clock from now on: what was searched stays searched. `hashRateHs` > 0. */
  setHashRate(hashRateHs: number, nowNs: bigint): void {
    const stepNs = stepNsOf(this.#workScale, hashRateHs);
    const spentNs = nowNs - this.#beganNs;
    if (spentNs > 0n) this.#beganNs = nowNs - BigInt(Math.round((Number(spentNs) * stepNs) / this.#stepNs));
    this.#stepNs = stepNs;
  }

  /** The connection stands. */
  connect(nowNs: bigint): void {
    this.#say(nowNs, call(IDS.configure, "mining.configure", [["version-rolling"], { "version-rolling.mask": "1fffe000" }]));
    this.#say(nowNs, call(IDS.subscribe, "mining.subscribe", [this.#kind.agent]));
    this.#say(nowNs, call(IDS.authorize, "mining.authorize", ["twin", "x"]));
  }

  /** A line that the server sent now; it arrives when the network lets it. */
  receive(line: string, nowNs: bigint): void {
    this.#inbox.push({ atNs: this.#back.arrivalNs(nowNs), line });
  }

  /** When something happens next; null: not before another line comes. */
  nextNs(): bigint | null {
    const times = [this.#inbox[0]?.atNs, this.#outbox[0]?.atNs, this.#hashNs()].filter((atNs) => atNs !== undefined);
    return times.length === 0 ? null : times.reduce((a, b) => (a < b ? a : b));
  }

  /** Lives until `untilNs` and returns the lines that have reached the server by then. */
  run(untilNs: bigint): string[] {
    const arrived: string[] = [];
    while (true) {
      const atNs = this.nextNs();
      if (atNs === null || atNs > untilNs) return arrived;
      if (this.#inbox[0]?.atNs === atNs) this.#hear((this.#inbox.shift() as Timed).line, atNs);
      else if (this.#outbox[0]?.atNs === atNs) arrived.push((this.#outbox.shift() as Timed).line);
      else if (this.#hit !== null) this.#submit(this.#hit, atNs);
      else this.#searchOn();
    }
  }

  #timeOf(candidate: number): bigint {
    return this.#beganNs + BigInt(Math.round((candidate + 1) * this.#stepNs));
  }

  #hashNs(): bigint | undefined {
    if (this.#work === null) return undefined;
    return this.#hit === null ? this.#timeOf(this.#searched - 1) : this.#timeOf(this.#hit.candidate);
  }

  #searchOn(): void {
    const { ticketLog2 } = this.#kind;
    if (this.#work === null) return;
    const zeroBits = Math.max(
      0,
      difficultyOneBits(this.#work.job) + Math.max(ticketLog2, Math.ceil(Math.log2(this.#difficulty))) - this.#workScale,
    );
    const until = this.#searched + SEARCH_AHEAD;
    this.#hit = this.#work.search(this.#searched, until, zeroBits);
    this.#searched = this.#hit === null ? until : this.#hit.candidate + 1;
  }

  #submit(hit: FoundShare, atNs: bigint): void {
    const job = this.#work?.job;
    this.#hit = null;
    if (job === undefined) return;
    this.found++;
    const word = (value: number) => value.toString(16).padStart(8, "0");
    const params = ["twin", job.id, hit.extranonce2, word(job.ntime), word(hit.nonce)];
    this.#say(atNs, call(this.#calls++, "mining.submit", this.#mask === 0 ? params : [...params, word(hit.versionBits)]));
    // Work that was prefetched follows without a gap; without any the chips go on with what they have.
    const next = this.#queue.shift();
    if (next !== undefined) this.#begin(next, atNs);
  }

  #hear(line: string, atNs: bigint): void {
    const message = readPool(line);
    if (message?.kind === "difficulty") this.#difficulty = message.difficulty;
    else if (message?.kind === "extranonce") {
      this.#extranonce1 = message.extranonce1;
      this.#extranonce2Bytes = message.extranonce2Bytes;
    } else if (message?.kind === "job") this.#take(message.job, atNs);
    else if (message?.kind === "answer") this.#answered(message.id, message.result);
  }

  #answered(id: number, result: unknown): void {
    if (id >= 10) {
      if (result === true) this.accepted++;
      else this.refused++;
    } else if (id === IDS.configure) {
      const mask = (result as Record<string, unknown> | null)?.["version-rolling.mask"];
      this.#mask = typeof mask === "string" ? Number.parseInt(mask, 16) : 0;
    } else if (id === IDS.subscribe && Array.isArray(result)) {
      this.#extranonce1 = Buffer.from(String(result[1]), "hex");
      this.#extranonce2Bytes = Number(result[2]);
    }
  }

  #take(job: PoolJob, atNs: bigint): void {
    if (!job.clean && this.#work !== null) {
      this.#queue = [...this.#queue, job].slice(-QUEUED_JOBS);
      return;
    }
    this.#queue = [];
    const deadMs = Math.max(0, this.#kind.deadTimeMs + this.#kind.deadTimeSdMs * this.#deviate());
    this.#begin(job, atNs + BigInt(Math.round(deadMs * 1e6)));
  }

  #begin(job: PoolJob, atNs: bigint): void {
    this.#work = new HeaderWork(job, this.#extranonce1, this.#extranonce2Bytes, this.#mask, this.#salt);
    this.#beganNs = atNs;
    this.#searched = 0;
    this.#hit = null;
  }

  #say(nowNs: bigint, line: string): void {
    this.#outbox.push({ atNs: this.#towards.arrivalNs(nowNs), line });
  }
}
