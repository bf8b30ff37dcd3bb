import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ConfigError } from "../../common/errors.ts";
import { supportBundle } from "../support/bundle.ts";
import { tar } from "../support/tar.ts";
import { doctorRows } from "./doctor.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

export interface SupportBundleOptions {
  readonly out: string;
  readonly config?: string;
  readonly store: string;
  readonly runs: number;
  readonly json?: boolean;
}

export async function supportBundleCommand(options: SupportBundleOptions): Promise<number> {
  const { out, config, store, runs } = options;
  const entries = await supportBundle({
    configFile: config ?? null,
    storePath: store,
    runs,
    environment: process.env,
    doctor: async (file) => doctorRows(file),
  });
  const archive = gzipSync(tar(entries, Math.floor(Date.now() / 1000)));
  write(out, archive);
  const list = entries.map(({ name, text, says }) => ({ name, bytes: Buffer.byteLength(text), says }));
  if (options.json) process.stdout.write(`${JSON.stringify({ file: out, bytes: archive.length, entries: list })}\n`);
  else {
    const rows = list.map(({ name, bytes, says }) => [name, String(bytes), says]);
    process.stdout.write(
      `${table(["file", "bytes", "what"], rows)}\n\n${out}: ${archive.length} bytes. Look through it before you give it away.\n`,
    );
  }
  return EXIT.good;
}

function write(file: string, content: Uint8Array): void {
  try {
    writeFileSync(file, content, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? `${file} exists already.` : `Cannot write ${file} (${code}).`;
    throw new ConfigError("BUNDLE_FILE", why, "Name another file with --out.", { file }, cause);
  }
}
