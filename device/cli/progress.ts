import { type Clock, elapsedMs, hostClock } from "../../common/clock.ts";
import type { Hub } from "../../telemetry/hub.ts";
import type { LogEvent, SweepPoint } from "../../telemetry/messages.ts";
import { journalLines, leadsToJournal } from "./journal.ts";

const STDERR = 2;
/** In a pipe, how often it is said how far the same work has come. */
const REPEAT_MS = 60_000;

/** One line that is rewritten on a terminal; in a pipe, one line for each change of what is being done, and each minute that it lasts. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #journal: boolean;
  readonly #clock: Clock;
  #kind = "";
  #saidNs = 0n;
  #open = false;

  constructor(
    stream: NodeJS.WriteStream = process.stderr,
    journal = stream === process.stderr && leadsToJournal(STDERR, process.env),
    clock = hostClock(),
  ) {
    this.#stream = stream;
    this.#journal = journal;
    this.#clock = clock;
  }

  show(label: string, done: number, total: number): void {
    const percent = total > 0 ? `${Math.floor((100 * done) / total)} %` : "";
    if (!this.#stream.isTTY) {
      // A ramp counts through a hundred values of one label: in a pipe that is one line.
      const kind = label.replace(/[\d.]+/g, "#");
      const changed = kind !== this.#kind;
      if (!changed && elapsedMs(this.#clock, this.#saidNs) < REPEAT_MS) return;
      this.say(changed || percent === "" ? label : `${label} (${percent})`);
      this.#kind = kind;
      this.#saidNs = this.#clock.nowNs();
      return;
    }
    const width = 24;
    const filled = total > 0 ? Math.round((width * Math.min(done, total)) / total) : 0;
    this.#stream.write(`\r\x1b[K${"█".repeat(filled)}${"░".repeat(width - filled)} ${percent.padStart(total > 0 ? 5 : 0)} ${label}`);
    this.#open = true;
  }

  /** A line that stays. */
  say(line: string, level: LogEvent["level"] = "info"): void {
    this.clear();
    this.#stream.write(`${this.#journal ? journalLines(line, level) : line}\n`);
  }

  clear(): void {
    if (this.#open) this.#stream.write("\r\x1b[K");
    this.#open = false;
  }
}

/** From the least to the most urgent. */
const LEVELS: readonly LogEvent["level"][] = ["info", "warning", "error"];

export function reachesLevel(level: LogEvent["level"], least: LogEvent["level"]): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** Prints what a daemon does: state changes, warnings, sweep points, progress. */
export function followHub(hub: Hub, line: ProgressLine, least: () => LogEvent["level"] = () => "warning"): () => void {
  return hub.subscribe({
    update(update) {
      if (update.topic === "activity" && update.value) line.show(update.value.label, update.value.done, update.value.total);
      if (update.topic === "state")
        line.say(`[${update.value.state}] ${update.value.stateReason}`, update.value.state === "fault" ? "error" : "info");
      if (update.topic === "sweepPoint") line.say(sweepLine(update.value, hub.snapshot().origin));
      // The reason of a fault is already on the screen as its state.
      if (update.topic === "event" && reachesLevel(update.value.level, least()) && update.value.text !== hub.snapshot().stateReason) {
        line.say(`${update.value.level}: ${update.value.text}`, update.value.level);
      }
    },
  });
}

export function sweepLine(point: SweepPoint, origin: string): string {
  const at = `${point.coreVoltageMv} mV ${point.frequencyMhz} MHz`;
  if (point.status !== "done") return `  ${at}: ${point.status}, ${point.reason}`;
  const rate = `${point.hashRateGhs?.toFixed(0)} of ${point.expectedGhs.toFixed(0)} GH/s`;
  const power = point.powerW === null ? "power unknown" : `${point.powerW.toFixed(1)} W`;
  return `  ${at}: ${rate}, ${power}, ${point.nonces.valid} valid and ${point.nonces.invalid} invalid nonces (${origin})`;
}
