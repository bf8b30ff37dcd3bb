/** What somebody who is asked for help wants to see: configuration, host, last runs, faults, the record's state. Without secrets. */
import { existsSync, statSync } from "node:fs";
import { arch, release, type } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { AsicError, explain } from "../../common/errors.ts";
import { openControlStore } from "../../telemetry/control/control-store.ts";
import type { LogEvent } from "../../telemetry/messages.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { checkIntegrity } from "../../telemetry/store/integrity.ts";
import type { Store } from "../../telemetry/store/store.ts";
import { LEAVES } from "../config/leaf.ts";
import { fileAndBoard, getIn, type Loaded, loadBoards, textOf } from "../config/load.ts";
import type { Problem } from "../config/problem.ts";
import { readSecret, secretFilesOf } from "../config/secret.ts";
import { sourceText } from "../config/source.ts";
import type { Row } from "../doctor/row.ts";
import { controlPath } from "../latches.ts";
import { SOFTWARE } from "../version.ts";
import { redactor } from "./redact.ts";
import { redactedConfig } from "./redacted-config.ts";
import type { TarEntry } from "./tar.ts";

export interface BundleOptions {
  /** null: none was named. */
  readonly configFile: string | null;
  /** The record, where the configuration does not say. */
  readonly storePath: string;
  /** How many of the last runs. */
  readonly runs: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  doctor(configFile: string | undefined): Promise<readonly Row[]>;
}

export interface BundleEntry extends TarEntry {
  /** What it is, for the list. */
  readonly says: string;
}

const EVENTS = 1000;
/** A record is read as a whole to be checked: of a larger one that takes minutes. */
const CHECKED_BYTES = 500e6;

export async function supportBundle(options: BundleOptions): Promise<BundleEntry[]> {
  const { configFile, environment } = options;
  const config = configFile === null ? null : configurationOf(configFile, environment);
  const storePath = config?.storePath ?? options.storePath;
  const entries: BundleEntry[] = [
    { name: "versions.json", says: "program, Node, kernel", text: json(versions()) },
    {
      name: "doctor.json",
      says: "what `doctor` says of this host",
      text: json(await options.doctor(config?.good ? (configFile ?? undefined) : undefined)),
    },
    ...(config?.entries ?? []),
    ...(config?.rigs.length ? latchesOf(storePath, config.rigs) : []),
    ...(await recordOf(storePath, options.runs)),
  ];
  const redact = redactor(config?.secrets ?? []);
  const clean = entries.map(({ name, says, text }) => ({ name, says, text: redact(text) }));
  const list = clean.map(({ name, says, text }) => `${name.padEnd(24)} ${String(Buffer.byteLength(text)).padStart(9)} bytes  ${says}`);
  const contents = `A support bundle of asic-reservoir ${SOFTWARE}. Secrets, comments and unknown keys of the configuration were left out.\n\n${list.join("\n")}\n`;
  return [{ name: "CONTENTS.txt", says: "this list", text: contents }, ...clean];
}

function versions(): Record<string, unknown> {
  return { software: SOFTWARE, node: process.versions, kernel: `${type()} ${release()}`, architecture: arch() };
}

interface Configuration {
  readonly good: boolean;
  readonly storePath: string | null;
  /** One for each board; none where it is no good. */
  readonly rigs: readonly string[];
  readonly secrets: readonly string[];
  readonly entries: readonly BundleEntry[];
}

/** `given` is FILE, or FILE#NAME for one board of several. */
function configurationOf(given: string, environment: BundleOptions["environment"]): Configuration {
  const { file } = fileAndBoard(given);
  const asWritten = {
    name: "config.yaml",
    says: "the configuration as written, comments and unknown keys left out",
    text: redactedConfig(textOf(file)),
  };
  const written = secretsOf(file);
  try {
    const [first, ...others] = loadBoards(given, environment) as [Loaded, ...Loaded[]];
    // A credential's file is named by no key of the file; all boards have the same.
    const secrets = [
      ...written,
      ...secretFilesOf(first.config)
        .filter(({ file: name }) => existsSync(name))
        .map(readSecret),
    ];
    const entries = [asWritten, ...[first, ...others].map(inForce)];
    const rigs = [first, ...others].map(({ config }) => config.rig);
    return { good: true, storePath: first.config.store.path, rigs, secrets, entries };
  } catch (error) {
    const entries = [
      asWritten,
      { name: "config-problems.json", says: "what is wrong with the configuration", text: json(problemsOf(error)) },
    ];
    return { good: false, storePath: null, rigs: [], secrets: written, entries };
  }
}

function inForce({ config, values, board }: Loaded): BundleEntry {
  const effective = values.map(({ key, value, from }) => ({ key, value, from: sourceText(from, "config.yaml") }));
  return {
    name: board === null ? "config-in-force.json" : `config-in-force.${board}.json`,
    says: `each value in force${board === null ? "" : ` for ${config.rig}`}, and where it came from`,
    text: json(effective),
  };
}

/** Where and what would be right; not the value that stands there. */
function problemsOf(error: unknown): unknown {
  if (!(error instanceof AsicError)) return { code: "UNEXPECTED" };
  const problems = (error.context.problems ?? []) as readonly Partial<Problem>[];
  return { code: error.code, problems: problems.map(({ key, from, hint }) => ({ key: key && redactedKey(key), from, hint })) };
}

/** A key that nobody knows may be anything: of it only where it stands. */
function redactedKey(key: string): string {
  return LEAVES.some((leaf) => leaf.key === key) ? key : [...key.split(".").slice(0, -1), "(unknown)"].join(".");
}

/** What the files of a configuration hold, good or not; what is not there cannot get out. */
function secretsOf(file: string): string[] {
  const text = textOf(file);
  return LEAVES.filter(({ credential }) => credential !== null).flatMap(({ key, path: at }) => {
    try {
      const named = getIn(parse(text), at);
      return typeof named === "string" ? [readSecret({ key, file: path.resolve(path.dirname(file), named) })] : [];
    } catch {
      return [];
    }
  });
}

/** Faults that a person has to clear, and those that were cleared. */
function latchesOf(storePath: string, rigs: readonly string[]): BundleEntry[] {
  const file = controlPath(storePath);
  const entry = (content: unknown): BundleEntry[] => [{ name: "latches.json", says: "faults that latched", text: json(content) }];
  // Looking must not make the file.
  if (!existsSync(file)) return entry([]);
  try {
    const store = openControlStore(file);
    try {
      return entry(rigs.flatMap((rig) => store.latches(rig, { all: true })));
    } finally {
      store.close();
    }
  } catch (error) {
    return entry({ unreadable: explain(error) });
  }
}

/** The last runs with their logs, faults first; of a record that cannot be read, why. */
async function recordOf(file: string, runs: number): Promise<BundleEntry[]> {
  if (!existsSync(file)) return [{ name: "record.txt", says: "the record", text: "There is no record.\n" }];
  try {
    const store = await openStore({ path: file, readonly: true });
    try {
      return [...(await runsOf(store, runs)), integrityOf(file)];
    } finally {
      await store.close();
    }
  } catch (error) {
    return [{ name: "record.txt", says: "why the record cannot be read", text: `${explain(error)}\n` }];
  }
}

async function runsOf(store: Store, count: number): Promise<BundleEntry[]> {
  const last = (await store.listRuns()).slice(-count);
  const details = await Promise.all(last.map(({ id }) => store.run(id)));
  // How a run was made holds a configuration of old: left out.
  const summaries = details.flatMap((run) => {
    if (run === null) return [];
    const { provenance: _, imported: __, ...summary } = run;
    return [summary];
  });
  const logs = await Promise.all([null, ...last.map(({ id }) => id)].map(async (id) => ({ id, events: await store.events(id, EVENTS) })));
  const faults = logs.flatMap(({ id, events }) => events.filter(({ level }) => level === "error").map((event) => line(event, id)));
  return [
    { name: "faults.txt", says: "errors, and the run of each", text: text(faults) },
    { name: "runs.json", says: `the last ${summaries.length} runs`, text: json(summaries) },
    ...logs.map(({ id, events }) => ({
      name: id === null ? "log.txt" : `run-${id}.txt`,
      says: id === null ? "log outside of runs" : `log of run ${id}`,
      text: text(events.map((event) => line(event, null))),
    })),
  ];
}

function integrityOf(file: string): BundleEntry {
  const { size } = statSync(file);
  const says = "whether the record is what was written";
  const report =
    size > CHECKED_BYTES
      ? { checked: false, why: "it is large: `asic-reservoir runs integrity` takes its time" }
      : { checked: true, ...checkIntegrity(file) };
  return { name: "integrity.json", says, text: json({ bytes: size, ...report }) };
}

function line({ wallMs, level, source, text: what }: LogEvent, run: number | null): string {
  return `${new Date(wallMs).toISOString()} ${level.padEnd(7)} ${run === null ? "" : `run ${run} `}${source}: ${what}`;
}

function text(lines: readonly string[]): string {
  return lines.length === 0 ? "None.\n" : `${lines.join("\n")}\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
