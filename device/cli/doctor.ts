import path from "node:path";
import { hostClock } from "../../common/clock.ts";
import { ConfigError } from "../../common/errors.ts";
import { loadBoards } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { examine } from "../doctor/doctor.ts";
import type { Subject } from "../doctor/facts.ts";
import { hostProbe } from "../doctor/host-probe.ts";
import { bad, type Row } from "../doctor/row.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

export interface DoctorOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export async function doctorCommand(options: DoctorOptions): Promise<number> {
  const rows = await doctorRows(options.config);
  process.stdout.write(`${options.json ? JSON.stringify({ good: !hasBad(rows), rows }) : doctorText(rows)}\n`);
  return hasBad(rows) ? EXIT.environment : EXIT.good;
}

/** With a configuration that is no good, what is wrong with it stands among the rows, and the host is examined all the same. */
export async function doctorRows(file: string | undefined): Promise<Row[]> {
  const clock = hostClock();
  if (file === undefined) return examine(hostProbe(clock), NOTHING_CONFIGURED, clock);
  let configs: Config[];
  try {
    configs = loadBoards(file).map(({ config }) => config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const row = bad("software", error.message.trim(), `asic-reservoir check-config ${file}`);
    return [row, ...(await examine(hostProbe(clock), NOTHING_CONFIGURED, clock))];
  }
  return examine(hostProbe(clock), subjectOfAll(configs), clock);
}

const NOTHING_CONFIGURED: Subject = { origin: null, ports: [], storeFolder: "runs", commitIntervalMs: 1000, sizeBudgetMb: null };

export function subjectOf({ origin, board, store }: Config): Subject {
  const keys = {
    control: board.control,
    data: board.data,
    ...(board.kind === "s9-hashboard" ? { i2c: board.i2c, reset: board.reset } : {}),
  };
  return {
    origin,
    ports: Object.entries(keys).flatMap(([key, port]) => (port === undefined ? [] : [{ key: `board.${key}`, path: port }])),
    storeFolder: path.dirname(store.path),
    commitIntervalMs: store.commitIntervalMs,
    sizeBudgetMb: store.sizeBudgetMb,
  };
}

/** Of several boards the ports of all: record and origin are one. */
function subjectOfAll(configs: readonly Config[]): Subject {
  const subjects = configs.map(subjectOf);
  const [first] = subjects as [Subject];
  if (configs.length === 1) return first;
  const ports = subjects.flatMap((subject, at) =>
    subject.ports.map(({ key, path: port }) => ({ key: `${configs[at]?.rig} ${key}`, path: port })),
  );
  return { ...first, ports };
}

const MARKS = { ok: "ok", warning: "warning", bad: "BAD" } as const;

function doctorText(rows: readonly Row[]): string {
  const lines = table(
    ["", "area", "what"],
    rows.map(({ status, area, says }) => [MARKS[status], area, says]),
  ).split("\n");
  const mended = rows.flatMap(({ status, says, mend }) => (mend === null ? [] : [`${MARKS[status]}: ${says}`, `    ${mend}`]));
  const worst = hasBad(rows) ? "Something is bad: mend it first." : "Nothing is bad.";
  return [...lines, "", ...(mended.length > 0 ? ["To mend:", ...mended, ""] : []), worst].join("\n");
}

function hasBad(rows: readonly Row[]): boolean {
  return rows.some(({ status }) => status === "bad");
}
