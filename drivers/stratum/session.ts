/** One miner's conversation, without a socket: lines in, lines out, at times that are given. */
import { NS_PER_MS } from "../../common/clock.ts";
import type { Verify } from "../bm13xx/verify.ts";
import { type JudgedShare, judge, REFUSAL_OF, SHARE_VERDICTS, type ShareVerdict } from "./judge.ts";
import { LastValues } from "./last-values.ts";
import type { CloseReason, StratumLimits } from "./limits.ts";
import { notification, type Params, parseRequest, type RequestId, refusal, result, type StratumRequest } from "./messages.ts";
import { type JobOrder, jobsAtStart, type ModeTimes, ORDER_AFTER_DEADLINE, orderAfterShare, type StratumMode, waitMs } from "./mode.ts";
import { SentJob } from "./sent-job.ts";
import type { ShareRow } from "./share-rows.ts";
import { EXTRANONCE2_BYTES, notifyParams, type Templates } from "./template.ts";
import { negotiate } from "./version-rolling.ts";

/** A share for a job that was replaced less than so many jobs ago is stale; before that its job is unknown. */
const KEPT_JOBS = 64;

export interface SessionOptions {
  readonly mode: StratumMode;
  readonly times: ModeTimes;
  /** log2 of the difficulty asked for; may be negative, for software miners. */
  readonly ticketLog2: number;
  /** Zero bits that a twin leaves out; 0 for anything else. */
  readonly workScale: number;
  /** What mining.suggest_difficulty may change ticketLog2 to; null: nothing. */
  readonly suggestions: readonly [number, number] | null;
  /** Version bits on offer. */
  readonly versionMask: number;
  readonly limits: StratumLimits;
  readonly templates: Templates;
}

/** What a session needs of its server. */
export interface SessionPorts {
  nowNs(): bigint;
  wallMs(): number;
  verify: Verify;
  send(line: string): void;
  close(reason: CloseReason): void;
  share(row: ShareRow, session: StratumSession): void;
  /** Numbers of jobs and of their headers, never used twice. */
  nextJob(): number;
  nextSeq(): number;
}

export class StratumSession {
  readonly number: number;
  readonly extranonce1: string;
  readonly counts: Record<ShareVerdict, number> = Object.fromEntries(SHARE_VERDICTS.map((name) => [name, 0])) as Record<
    ShareVerdict,
    number
  >;
  /** Time from a share's arrival until its successor had been handed to the socket, us. */
  readonly handOverUs = new LastValues();
  /** Time from a job's departure until its first answer, ms. */
  readonly answerMs = new LastValues();
  jobsSent = 0;
  deadlines = 0;
  /** Shares that came in one piece with another: their times are the piece's. */
  batched = 0;
  agent: string | null = null;
  worker: string | null = null;
  readonly #options: SessionOptions;
  readonly #ports: SessionPorts;
  readonly #jobs = new Map<string, SentJob>();
  #mode: StratumMode;
  #live: SentJob[] = [];
  #epoch = 0;
  #ticketLog2: number;
  #saidLog2: number | null = null;
  #versionMask = 0;
  #subscribed = false;
  #deadlineNs: bigint | null = null;
  #lastShareNs: bigint | null = null;
  #closed = false;

  constructor(number: number, options: SessionOptions, ports: SessionPorts) {
    this.number = number;
    this.extranonce1 = (number >>> 0).toString(16).padStart(8, "0");
    this.#options = options;
    this.#mode = options.mode;
    this.#ports = ports;
    this.#ticketLog2 = options.ticketLog2;
  }

  get authorized(): boolean {
    return this.worker !== null;
  }

  /** When tick() has something to do; null: not before the next line. */
  get deadlineNs(): bigint | null {
    return this.#deadlineNs;
  }

  /** A line that arrived at `tNs`. */
  line(text: string, tNs: bigint): void {
    if (this.#closed) return;
    const request = parseRequest(text, this.#options.limits);
    if (request === null) return;
    if ("fault" in request) this.close(request.fault);
    else this.#answer(request, tNs);
  }

  /** The job's time may be up. */
  tick(): void {
    if (this.#closed || this.#deadlineNs === null || this.#ports.nowNs() < this.#deadlineNs) return;
    // A pool's job is answered many times before its time is up.
    if (!this.#live.some(({ answered }) => answered)) this.deadlines++;
    this.#sendJob(ORDER_AFTER_DEADLINE);
    for (let more = 1; more < jobsAtStart(this.#mode); more++) this.#sendJob({ clean: false, live: more + 1 });
  }

  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadlineNs = null;
    this.#ports.close(reason);
  }

  #answer(request: StratumRequest, tNs: bigint): void {
    const { id, method } = request;
    switch (method) {
      case "mining.configure": {
        const { mask, reply } = negotiate(request.params.extensions, request.params.parameters, this.#options.versionMask);
        this.#versionMask = mask;
        this.#say(result(id, reply));
        return;
      }
      case "mining.subscribe": {
        this.agent = request.params.agent;
        this.#subscribed = true;
        const subscriptions = ["mining.set_difficulty", "mining.notify"].map((name) => [name, this.extranonce1]);
        this.#say(result(id, [subscriptions, this.extranonce1, EXTRANONCE2_BYTES]));
        this.#startWhenReady();
        return;
      }
      case "mining.authorize":
        this.worker = request.params.worker;
        this.#say(result(id, true));
        this.#startWhenReady();
        return;
      case "mining.extranonce.subscribe":
        this.#say(result(id, true));
        return;
      case "mining.suggest_difficulty":
        this.#suggested(id, request.params.difficulty);
        return;
      case "mining.submit":
        if (!this.#subscribed) {
          this.#say(refusal(id, "notSubscribed"));
          return;
        }
        if (!this.authorized) {
          this.#say(refusal(id, "unauthorized"));
          return;
        }
        this.#submitted(id, request.params, tNs);
        return;
      case "unknown":
        this.#say(refusal(id, "other"));
        return;
    }
  }

  /** From now on jobs leave as another mode has it; the miner drops what it has. */
  setMode(mode: StratumMode): void {
    this.#mode = mode;
    if (this.#deadlineNs !== null) this.#sendFirst();
  }

  #startWhenReady(): void {
    if (this.#subscribed && this.authorized && this.#deadlineNs === null) this.#sendFirst();
  }

  #sendFirst(): void {
    const jobs = jobsAtStart(this.#mode);
    for (let i = 0; i < jobs; i++) this.#sendJob({ clean: i === 0, live: i + 1 });
  }

  /** The next power of two below, within what is allowed: a ticket mask has nothing between them. */
  #suggested(id: RequestId, difficulty: number): void {
    const { suggestions } = this.#options;
    if (suggestions === null) {
      this.#say(result(id, false));
      return;
    }
    this.#ticketLog2 = Math.min(suggestions[1], Math.max(suggestions[0], Math.floor(Math.log2(difficulty))));
    this.#say(result(id, true));
  }

  #submitted(id: RequestId, params: Params<"mining.submit">, tNs: bigint): void {
    const job = this.#jobs.get(params.jobId) ?? null;
    const isLive = job !== null && this.#live.includes(job);
    const dropped = job !== null && job.epoch !== this.#epoch;
    const judged = judge(job, isLive, params, this.#ports.verify, () => this.#ports.nextSeq());
    this.counts[judged.verdict]++;
    if (this.#lastShareNs === tNs) this.batched++;
    this.#lastShareNs = tNs;
    const answers = judged.verdict === "valid" && !judged.job?.answered;
    if (answers) this.#answered(judged, tNs);
    // The successor first, and the answer in the same piece: a write for each would cost as much as all the rest.
    const order = orderAfterShare(this.#mode, answers);
    const answer = judged.verdict === "valid" ? result(id, true) : refusal(id, REFUSAL_OF[judged.verdict]);
    if (order === null) this.#say(answer);
    else {
      this.#sendJob(order, answer);
      this.handOverUs.push(Number(this.#ports.nowNs() - tNs) / 1000);
    }
    this.#ports.share({ judged, nonce: params.nonce, extranonce2: params.extranonce2, tNs, connection: this.number, dropped }, this);
  }

  /** The job has its answer; with it all that were sent before, which the miner has left behind. */
  #answered({ job }: JudgedShare, tNs: bigint): void {
    if (job === null) return;
    job.answered = true;
    this.answerMs.push(Number(tNs - job.sentNs) / 1e6);
    if (this.#mode === "prefetch") this.#live = this.#live.slice(this.#live.indexOf(job) + 1);
  }

  /** `after`: what else is to be said, with the job. */
  #sendJob({ clean, live }: JobOrder, after = ""): void {
    if (this.#closed) return;
    const { templates, workScale, times } = this.#options;
    const difficulty = this.#saidLog2 === this.#ticketLog2 ? "" : notification("mining.set_difficulty", [2 ** this.#ticketLog2]);
    this.#saidLog2 = this.#ticketLog2;
    const number = this.#ports.nextJob();
    const id = number.toString(16);
    const template = templates(number, this.#ports.wallMs());
    this.#say(difficulty + notification("mining.notify", notifyParams(id, template, clean)) + after);
    const sentNs = this.#ports.nowNs();
    const job = new SentJob({
      id,
      template,
      sentNs,
      ticketLog2: this.#ticketLog2,
      workScale,
      versionMask: this.#versionMask,
      extranonce1: this.extranonce1,
    });
    this.jobsSent++;
    this.#jobs.set(id, job);
    if (this.#jobs.size > KEPT_JOBS) this.#jobs.delete(this.#jobs.keys().next().value as string);
    if (clean) this.#epoch++;
    job.epoch = this.#epoch;
    this.#live = clean ? [job] : [...this.#live, job].slice(-live);
    this.#deadlineNs = sentNs + BigInt(Math.round(waitMs(this.#mode, times) * Number(NS_PER_MS)));
  }

  #say(line: string): void {
    if (!this.#closed) this.#ports.send(line);
  }
}
