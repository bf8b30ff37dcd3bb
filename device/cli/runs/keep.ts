/** Commands that copy or check the record as a whole: backup, integrity, export, import. */
import { backupDatabase } from "../../../telemetry/store/backup.ts";
import { exportRun } from "../../../telemetry/store/export/export-run.ts";
import type { ExportFormat } from "../../../telemetry/store/export/files.ts";
import { importRun } from "../../../telemetry/store/export/import-run.ts";
import { checkIntegrity } from "../../../telemetry/store/integrity.ts";
import { EXIT } from "../exit.ts";
import { ProgressLine } from "../progress.ts";
import { existingPathOf, pathOf, type StoreOptions } from "./with-store.ts";

export function runsBackupCommand(file: string, options: StoreOptions): number {
  const path = existingPathOf(options);
  const bytes = backupDatabase(path, file);
  say(options, { path, file, bytes }, `${file}: ${(bytes / 1e6).toFixed(1)} MB, all that was committed to ${path} when it began.`);
  return EXIT.good;
}

export function runsIntegrityCommand(options: StoreOptions): number {
  const path = existingPathOf(options);
  const line = new ProgressLine();
  const report = checkIntegrity(path, (done, total) => line.show("checking chunks", done, total));
  line.clear();
  const { runs, chunks, nonces, problems } = report;
  const checked = `${path}: ${runs} runs, ${nonces} nonces in ${chunks} chunks.`;
  const verdict =
    problems.length === 0 ? ["No problem was found."] : [`${problems.length} problems:`, ...problems.map((each) => `  ${each}`)];
  say(options, report, [checked, ...verdict].join("\n"));
  return problems.length === 0 ? EXIT.good : EXIT.no;
}

export function runsExportCommand(runId: number, options: StoreOptions & { format: ExportFormat; out: string }): number {
  const { format, out: folder } = options;
  const manifest = exportRun({ path: existingPathOf(options), runId, folder, format, wallMs: Date.now() });
  const files = Object.entries(manifest.files).map(([name, { rows }]) => `  ${name}: ${rows} rows`);
  say(options, manifest, [`Run ${runId} (origin: ${manifest.run.origin}) is in ${folder}:`, ...files].join("\n"));
  return EXIT.good;
}

export async function runsImportCommand(folder: string, options: StoreOptions): Promise<number> {
  const path = pathOf(options);
  const runId = await importRun({ path, folder, wallMs: Date.now() });
  say(options, { path, runId }, `${folder} is run ${runId} of ${path}, marked as imported.`);
  return EXIT.good;
}

function say(options: StoreOptions, value: unknown, text: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`);
}
