/** An SVG as PNG, drawn by an installed Chromium. */
import { execFile } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { TelemetryError } from "../../common/errors.ts";
import { HEIGHT, WIDTH } from "./figure.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const PATIENCE_MS = 60_000;

/** The browser on this machine; null when there is none. */
export function chromiumIn(searchPath: string): string | null {
  const candidates = searchPath
    .split(path.delimiter)
    .flatMap((folder) => (folder === "" ? [] : NAMES.map((name) => path.join(folder, name))));
  return candidates.find(isExecutable) ?? null;
}

/** TelemetryError CHROMIUM_MISSING or CHROMIUM_FAILED. */
export async function writePng(svg: string, file: string, searchPath = process.env.PATH ?? ""): Promise<void> {
  const chromium = chromiumIn(searchPath);
  const hint = "Install it (apt install chromium), or write an .svg.";
  if (chromium === null) throw new TelemetryError("CHROMIUM_MISSING", "A PNG is drawn by Chromium, and there is none here.", hint);
  const folder = mkdtempSync(path.join(tmpdir(), "asic-plot-"));
  try {
    const page = path.join(folder, "figure.html");
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>body{margin:0}svg{display:block}</style>${svg}`);
    // Chromium refuses to be sandboxed for root; the page is ours and has no script.
    const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const options = [`--user-data-dir=${path.join(folder, "profile")}`, "--headless", "--disable-gpu", "--hide-scrollbars"];
    const size = [`--window-size=${WIDTH},${HEIGHT}`, "--force-device-scale-factor=2"];
    await promisify(execFile)(chromium, [...options, ...asRoot, ...size, `--screenshot=${path.resolve(file)}`, `file://${page}`], {
      timeout: PATIENCE_MS,
    });
    accessSync(file);
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new TelemetryError(
      "CHROMIUM_FAILED",
      `Chromium did not draw ${file}: ${reason}.`,
      "Write an .svg instead.",
      { file, chromium },
      error,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
