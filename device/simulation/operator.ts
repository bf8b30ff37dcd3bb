/** Who asks the simulated daemon for something: through its API, by MQTT, by its configuration file, and beside it. */
import { rmSync } from "node:fs";
import type { Answer } from "../../telemetry/api/route-declaration.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import { backupDatabase } from "../../telemetry/store/backup.ts";
import type { Config } from "../config/schema.ts";
import type { EventLog } from "./event-log.ts";
import type { Ledger } from "./ledger.ts";
import { latchIds } from "./left-behind.ts";
import type { Order } from "./operator-order.ts";
import type { SimulatedBoard } from "./simulated-board.ts";
import type { SimulatedFile } from "./simulated-file.ts";
import type { Moment } from "./strikes.ts";
import type { VirtualBroker } from "./virtual-broker.ts";
import type { VirtualHost } from "./virtual-host.ts";
import type { VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface OperatorParts {
  readonly time: VirtualTime;
  readonly log: EventLog;
  readonly broker: VirtualBroker;
  readonly ledger: Ledger;
  readonly storePath: string;
  readonly file: SimulatedFile;
  readonly boards: readonly SimulatedBoard[];
  host(): VirtualHost | null;
  process(): VirtualProcess;
  /** The daemon was told to end. */
  stopping(): boolean;
  /** Has the daemon read its file again. */
  reload(): void;
  wallMs(): number;
}

/** By then a board whose emergency-off was asked for is in fault. */
const OBEYS_MS = 1_000;
const GOOD_FOR_MS = 50_000;
const READ = [
  "/api/v1/healthz",
  "/api/v1/boards",
  "/api/v1/state",
  "/api/v1/runs",
  "/api/v1/runs/1",
  "/api/v1/runs/1/results",
  "/api/v1/faults?all=yes",
  "/api/v1/nothing",
  "/api/system/info",
] as const;
/** An API that cannot reach its record says so. */
const UNAVAILABLE = 503;

export class Operator {
  readonly #parts: OperatorParts;
  readonly #came = new Map<string, number>();
  #waiting: readonly Order[] = [];
  #commands = 0;
  #backups = 0;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  schedule(orders: readonly Order[]): void {
    for (const order of orders) if (order.moment === null) this.#parts.time.at(order.afterMs * 1e6, () => this.#give(order));
    this.#waiting = orders.filter(({ moment }) => moment !== null);
  }

  came(moment: Moment, board: number): void {
    const key = `${board} ${moment}`;
    const nth = (this.#came.get(key) ?? 0) + 1;
    this.#came.set(key, nth);
    const due = this.#waiting.filter((order) => order.moment === moment && order.board === board && order.nth === nth);
    for (const order of due) this.#parts.time.after(order.afterMs, () => this.#give(order));
  }

  #give(order: Order): void {
    if (this.#parts.stopping()) return;
    const board = this.#parts.boards[order.board] as SimulatedBoard;
    this.#parts.log.add("operator", `${order.name} ${board.name} ${order.share.toFixed(4)}`);
    DEEDS[order.name].call(this, order, board);
  }

  /** One board's, by its name, or everybody's. */
  emergencyOff({ share }: Order, board: SimulatedBoard): void {
    const { boards } = this.#parts;
    const all = share < 0.5;
    this.#expectOff(all ? boards : [board], this.#parts.host()?.listens ?? false);
    this.#ask("POST", `/api/v1/emergency-off${all ? "" : `?board=${board.name}`}`);
  }

  emergencyOffByMqtt(_: Order, board: SimulatedBoard): void {
    // Whether it arrives depends on the broker.
    this.#expectOff(this.#parts.boards, false);
    this.#command(board, "emergency-off");
  }

  clear(_: Order, board: SimulatedBoard): void {
    for (const id of latchIds(board.name, this.#parts.storePath)) this.#ask("POST", `/api/v1/faults/${id}/clear?reason=looked+at+it`);
  }

  clearUnknown({ share }: Order): void {
    this.#ask("POST", `/api/v1/faults/${1 + Math.floor(share * 1e6)}/clear?reason=looked+at+it`);
  }

  read({ share }: Order): void {
    this.#ask("GET", READ[Math.floor(share * READ.length)] as string);
  }

  stopPlan(_: Order, board: SimulatedBoard): void {
    this.#command(board, "stop-plan");
  }

  setPoint({ share }: Order, board: SimulatedBoard): void {
    this.#command(board, "set-point", this.#setPointAt(board, share));
  }

  setPointBeyond({ share }: Order, board: SimulatedBoard): void {
    const { coreVoltageMv, frequencyMhz, ticketDifficulty } = this.#setPointAt(board, share);
    const beyond = share < 0.5 ? { coreVoltageMv: coreVoltageMv * 2, frequencyMhz } : { coreVoltageMv, frequencyMhz: frequencyMhz * 10 };
    this.#command(board, "set-point", { ...beyond, ticketDifficulty });
  }

  commandAgain(_: Order, board: SimulatedBoard): void {
    const again = this.#command(board, "stop-plan");
    this.#publish(board, "stop-plan", again);
  }

  commandGarbled({ share }: Order, board: SimulatedBoard): void {
    const whole = JSON.stringify(this.#envelope({}));
    this.#publish(board, share < 0.5 ? "set-point" : "reboot", whole.slice(0, Math.floor(share * whole.length)));
  }

  /** Voltage, frequency or temperature, from just above where the board usually stands to well below. */
  tighten({ share }: Order, board: SimulatedBoard): void {
    board.invariants.harmed();
    const { coreVoltageMv, frequencyMhz } = this.#setPointAt(board, 1 - share);
    const limits = [{ maxCoreVoltageMv: coreVoltageMv }, { maxFrequencyMhz: frequencyMhz }, { maxChipTempC: 90 - 60 * share }];
    this.#edit(board, { limits: limits[Math.floor(share * 30) % limits.length] });
  }

  loosen({ share }: Order, board: SimulatedBoard): void {
    board.invariants.harmed();
    this.#edit(board, { limits: share < 0.5 ? {} : { maxCoreVoltageMv: 20_000 } });
  }

  breakFile({ share }: Order): void {
    this.#parts.file.tear(share);
    this.#parts.reload();
  }

  leaveBroker({ share }: Order): void {
    this.#edit(null, { mqtt: share < 0.5 ? { enabled: false } : { url: "mqtt://other.virtual:1883", base: "elsewhere" } });
  }

  returnToBroker(): void {
    this.#edit(null, { mqtt: { url: "mqtt://broker.virtual:1883", commands: "operate" } });
  }

  budget({ share }: Order): void {
    this.#edit(null, { store: { path: this.#parts.storePath, sizeBudgetMb: 100 + Math.floor(900 * share) } });
  }

  /** Everything that a reader has seen committed is in a copy of the record that is made meanwhile. */
  backup(): void {
    const { ledger, storePath, log, boards } = this.#parts;
    ledger.look((line) => log.add("commit", line));
    if (ledger.rows === 0) return;
    const file = `backup-${++this.#backups}.db`;
    try {
      backupDatabase(storePath, file);
      for (const difference of ledger.differences(file)) boards[0]?.invariants.broken("backup-is-whole", difference);
    } finally {
      rmSync(file, { force: true });
    }
  }

  #setPointAt(board: SimulatedBoard, share: number): SetPoint {
    const { file, boards } = this.#parts;
    const { ticketDifficulty } = (file.whole()[boards.indexOf(board)] as Config).setPoint;
    return board.scenario.board === "s9"
      ? { coreVoltageMv: Math.round(8500 + 600 * share), frequencyMhz: Math.round(350 + 300 * share), ticketDifficulty }
      : { coreVoltageMv: Math.round(1100 + 150 * share), frequencyMhz: Math.round(400 + 125 * share), ticketDifficulty };
  }

  /** Of all, where no board is named. */
  #edit(board: SimulatedBoard | null, change: Record<string, unknown>): void {
    const { file, boards } = this.#parts;
    file.edit((all, own) => void Object.assign(board === null ? all : own, change), board === null ? 0 : boards.indexOf(board));
    this.#parts.reload();
  }

  #ask(method: "GET" | "POST", url: string): void {
    const { log, boards } = this.#parts;
    this.#parts.host()?.ask(method, url, (answer) => {
      const status = statusOf(answer);
      log.add("api", `${method} ${url} ${status}`);
      if (status >= 500 && status !== UNAVAILABLE) boards[0]?.invariants.broken("answers", `${method} ${url} gave ${status}`);
    });
  }

  #envelope(args: object): Record<string, unknown> {
    return { id: `order-${++this.#commands}`, expiresAt: this.#parts.wallMs() + GOOD_FOR_MS, args };
  }

  #command(board: SimulatedBoard, name: string, args: object = {}): string {
    const text = JSON.stringify(this.#envelope(args));
    this.#publish(board, name, text);
    return text;
  }

  #publish({ name: rig }: SimulatedBoard, name: string, text: string): void {
    const { base } = this.#parts.file.whole()[0].mqtt;
    this.#parts.broker.publish(`${base}/${rig}/command/${name}`, new TextEncoder().encode(text));
  }

  /** `arrives`: nothing is in its way but a process that ends or hangs. */
  #expectOff(boards: readonly SimulatedBoard[], arrives: boolean): void {
    const { time } = this.#parts;
    for (const { invariants } of boards) invariants.harmed();
    if (!arrives) return;
    const process = this.#parts.process();
    const fromNs = time.nowNs;
    const free = process.alive && !process.blocked;
    time.after(OBEYS_MS, () => {
      if (!free || !process.alive || process.blockedUntilNs > fromNs || this.#parts.stopping()) return;
      for (const { invariants, name } of boards) {
        if (invariants.state === "fault" || invariants.lastFaultNs >= fromNs) continue;
        invariants.broken("emergency-off-obeyed", `${OBEYS_MS / 1000} s after emergency-off ${name} is ${invariants.state}`);
      }
    });
  }
}

const DEEDS: Readonly<Record<Order["name"], (this: Operator, order: Order, board: SimulatedBoard) => void>> = {
  "emergency-off": Operator.prototype.emergencyOff,
  "emergency-off-mqtt": Operator.prototype.emergencyOffByMqtt,
  clear: Operator.prototype.clear,
  "clear-unknown": Operator.prototype.clearUnknown,
  read: Operator.prototype.read,
  "stop-plan": Operator.prototype.stopPlan,
  "set-point": Operator.prototype.setPoint,
  "set-point-beyond": Operator.prototype.setPointBeyond,
  "command-again": Operator.prototype.commandAgain,
  "command-garbled": Operator.prototype.commandGarbled,
  tighten: Operator.prototype.tighten,
  loosen: Operator.prototype.loosen,
  "break-file": Operator.prototype.breakFile,
  "leave-broker": Operator.prototype.leaveBroker,
  "return-to-broker": Operator.prototype.returnToBroker,
  budget: Operator.prototype.budget,
  backup: Operator.prototype.backup,
};

function statusOf(answer: Answer | null): number {
  if (answer === null) return 404;
  if ("problem" in answer) return answer.problem.status;
  return "status" in answer ? answer.status : 200;
}
