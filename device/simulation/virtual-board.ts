/** A twin on the simulated host's ports: both live in the same virtual time, whatever the daemon does meanwhile. */
import type { Random } from "../../common/random.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import type { ControlPort } from "../../drivers/transport/control-port.ts";
import { Cable } from "../../twin/faults/cable.ts";
import type { FaultTable } from "../../twin/faults.ts";
import type { FaultName } from "../../twin/index.ts";
import type { PortOutput } from "../../twin/paced-twin.ts";
import type { BoardTruth, SimulatedTwin, TwinOnBench } from "./board-truth.ts";
import type { EventLog } from "./event-log.ts";
import { VirtualControlPort } from "./virtual-control-port.ts";
import { VirtualLink } from "./virtual-link.ts";
import type { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A USB host asks its devices once a millisecond. */
const POLL_NS = 1e6;
/** While no chip runs, nothing comes by itself: answers of the bridge are waited for at their time. */
const IDLE_POLL_NS = 10e6;
/** From the wire to the process. GUESS: 0.05 to 0.35 ms, as a USB bridge and a quiet host need. */
const ARRIVAL_NS = { least: 50_000, spread: 300_000 };

/** Faults that take the way to the regulator. */
const BUS_FAULTS: readonly FaultName[] = ["bridge-error", "i2c-nak", "i2c-nak-some", "i2c-stuck", "i2c-corrupt", "pic-silent"];

/** The beginnings of a job frame (specs/bm1366.md 1.4, specs/bm1387.md 1.6). */
function isJob(bytes: Uint8Array): boolean {
  return bytes[0] === 0x21 || (bytes[0] === 0x55 && bytes[1] === 0xaa && bytes[2] === 0x21);
}

export interface VirtualBoardParts {
  readonly time: VirtualTime;
  readonly clocks: VirtualHostClocks;
  /** What goes wrong, on the simulation's own time. */
  readonly faults: FaultTable;
  /** A board fresh from power-up; "other": one of the other kind. */
  readonly make: (as: "own" | "other", faults: FaultTable) => TwinOnBench;
  readonly log: EventLog;
  readonly random: Random;
  /** A job was written to the chips' line. */
  readonly onJob: () => void;
}

export class VirtualBoard {
  readonly #parts: VirtualBoardParts;
  readonly #cable: Cable;
  #bench: TwinOnBench;
  /** When the board that is there now was switched on. */
  #bootNs = 0;
  /** The cable is out because the board has no power. */
  #unpowered = false;
  #knownTo: VirtualProcess | null = null;
  #control: VirtualControlPort | null = null;
  #link: VirtualLink | null = null;
  /** Bytes of one port arrive in the order they left. */
  readonly #lastArrivalNs = { control: 0, data: 0 };

  constructor(parts: VirtualBoardParts) {
    this.#parts = parts;
    this.#cable = new Cable(parts.faults);
    this.#bench = parts.make("own", parts.faults);
    // Whether its cable is in is true from the first moment on, before anybody opens a port.
    this.#lookAtCable();
    parts.time.aside(parts.time.nowNs, () => this.#poll());
  }

  /** The cable is out: no port can be opened, and those that were are lost. */
  get unplugged(): boolean {
    return !this.#cable.plugged;
  }

  get twin(): SimulatedTwin {
    return this.#bench.twin;
  }

  truth(): BoardTruth {
    return this.#unpowered ? { running: false, supplyOn: false } : this.#bench.truth();
  }

  /** The bridge takes orders and answers. */
  get controlWorks(): boolean {
    return this.#cable.plugged && this.#free("control-half-open");
  }

  /** So does what is on its I2C bus. */
  get busWorks(): boolean {
    return this.controlWorks && BUS_FAULTS.every((name) => this.#free(name));
  }

  #free(name: FaultName): boolean {
    return this.#parts.faults.value(name, this.#parts.time.nowNs) === null;
  }

  /** This process has, or had, the board's ports: what it does is its own responsibility from then on. */
  isKnownTo(process: VirtualProcess): boolean {
    return this.#knownTo === process;
  }

  openControl(path: string, process: VirtualProcess): ControlPort {
    this.#knownTo = process;
    this.#control = new VirtualControlPort(path, process, {
      receive: (bytes) => {
        this.#parts.log.bytes("control>", bytes);
        // A process may write before it has heard of the other port's end.
        if (!this.#cable.plugged) return;
        this.advance();
        this.twin.receiveControl(bytes);
        this.#awaitBridge();
      },
    });
    return this.#control;
  }

  /** What another thread writes to the control port; nothing arrives while the cable is out. */
  orderBehindItsBack(bytes: Uint8Array): void {
    if (!this.#cable.plugged || this.#unpowered) return;
    this.#parts.log.bytes("watchdog>", bytes);
    this.advance();
    this.twin.receiveControl(bytes);
    this.#awaitBridge();
  }

  openLink(path: string, baud: number, process: VirtualProcess): ChipLink {
    this.advance();
    this.twin.setHostBaud(baud);
    const { time, clocks, log } = this.#parts;
    this.#link = new VirtualLink(path, baud, {
      process,
      time,
      clocks,
      send: (bytes) => {
        log.bytes("data>", bytes);
        if (isJob(bytes)) this.#parts.onJob();
        if (!this.#cable.plugged) return;
        this.advance();
        this.twin.receiveData(bytes);
      },
      setBaud: (next) => {
        log.add("data", `${next} baud`);
        this.advance();
        this.twin.setHostBaud(next);
      },
    });
    return this.#link;
  }

  /** Lets the twin live up to now, and sends on what it has to say. */
  advance(): void {
    if (this.#unpowered) return;
    this.twin.advance(this.#parts.time.nowNs - this.#bootNs);
    for (const output of this.twin.takeOutputs()) this.#deliver(output);
  }

  #deliver(output: PortOutput): void {
    const { time, log, random } = this.#parts;
    log.bytes(output.port === "control" ? "control<" : "data<", output.bytes);
    const port = output.port === "control" ? this.#control : this.#link;
    if (port === null || !this.#cable.plugged) return;
    const arrivalNs = Math.max(time.nowNs + ARRIVAL_NS.least + ARRIVAL_NS.spread * random.next(), this.#lastArrivalNs[output.port] + 1);
    this.#lastArrivalNs[output.port] = arrivalNs;
    const byteNs = 10e9 / this.twin.chain.lineRate;
    const last = output.bytes.length - 1;
    const timesNs = Array.from(output.bytes, (_, at) => this.#bootNs + output.tNs - (last - at) * byteNs);
    port.process.soon("io", arrivalNs - time.nowNs, () => port.arrived(output.bytes, timesNs));
  }

  #poll(): void {
    const { time } = this.#parts;
    let nextNs: number;
    do {
      this.advance();
      this.#lookAtCable();
      nextNs = time.nowNs + (this.twin.chain.running ? POLL_NS : IDLE_POLL_NS);
    } while (time.goOn(nextNs));
    time.aside(nextNs, () => this.#poll());
  }

  #awaitBridge(): void {
    const { nextNs } = this.twin.bridge;
    if (nextNs === Number.POSITIVE_INFINITY || this.#unpowered) return;
    this.#parts.time.aside(Math.ceil(this.#bootNs + nextNs), () => {
      this.advance();
      this.#awaitBridge();
    });
  }

  #lookAtCable(): void {
    const { time, faults, log, make } = this.#parts;
    const event = this.#cable.advance(time.nowNs);
    if (event === null) return;
    log.add("cable", event);
    if (event === "unplugged") {
      this.#unpowered = faults.value("link-cut", time.nowNs) === null;
      this.#control?.hangUp();
      this.#link?.hangUp();
      this.#control = null;
      this.#link = null;
      return;
    }
    this.#unpowered = false;
    if (event === "same") return;
    this.#bootNs = time.nowNs;
    this.#bench = make(event === "other" ? "other" : "own", faults.seenFrom(this.#bootNs));
  }
}
