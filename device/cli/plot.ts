import { writeFileSync } from "node:fs";
import { ConfigError } from "../../common/errors.ts";
import { type PlotKind, plot } from "../plots/kinds.ts";
import { materialOf } from "../plots/material.ts";
import { writePng } from "../plots/png.ts";
import { reportOf } from "../plots/report.ts";
import { EXIT } from "./exit.ts";
import { existingRun, type StoreOptions, withStore } from "./runs/with-store.ts";

interface OutOptions extends StoreOptions {
  readonly out: string;
}

/** Writes the figure and says its origin. ConfigError OUTPUT_UNKNOWN or OUTPUT_DENIED, ScienceError NOTHING_TO_PLOT. */
export async function plotCommand(id: number, options: OutOptions & { readonly kind: PlotKind }): Promise<number> {
  const { out, kind } = options;
  const ending = endingOf(out, ["svg", "png"]);
  return withStore(options, async (store) => {
    const run = await existingRun(store, id);
    const svg = plot(kind, await materialOf(store, run));
    if (ending === "png") await writePng(svg, out);
    else writeText(out, svg);
    say(options, { file: out, run: id, kind, origin: run.origin }, `${out}: ${kind} of run ${id} (origin: ${run.origin}).`);
    return EXIT.good;
  });
}

/** Writes the page and says its origin. ConfigError OUTPUT_UNKNOWN or OUTPUT_DENIED. */
export async function reportCommand(id: number, options: OutOptions): Promise<number> {
  const { out } = options;
  endingOf(out, ["html"]);
  return withStore(options, async (store) => {
    const run = await existingRun(store, id);
    const { html, plots } = reportOf(await materialOf(store, run));
    writeText(out, html);
    const figures = plots.length === 0 ? "no figure" : `figures ${plots.join(", ")}`;
    say(options, { file: out, run: id, plots, origin: run.origin }, `${out}: run ${id} with ${figures} (origin: ${run.origin}).`);
    return EXIT.good;
  });
}

function say({ json }: StoreOptions, document: object, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${text}\n`);
}

function endingOf(file: string, known: readonly string[]): string {
  const ending = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? "";
  if (known.includes(ending)) return ending;
  throw new ConfigError(
    "OUTPUT_UNKNOWN",
    `${file} does not end in ${known.map((name) => `.${name}`).join(" or ")}.`,
    "The ending says what to write.",
    {
      file,
    },
  );
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError("OUTPUT_DENIED", `${file} cannot be written: ${reason}.`, "Choose another place.", { file }, cause);
  }
}
