import { fileJsonSchema } from "../config/json-schema.ts";
import { migrateFile } from "../config/migrate-file.ts";
import { CONFIG_VERSION } from "../config/schema.ts";
import { EXIT } from "./exit.ts";

/** The JSON Schema of the configuration file: for editors and other programs. */
export function configSchemaCommand(): number {
  const { $schema, ...schema } = fileJsonSchema();
  process.stdout.write(`${JSON.stringify({ $schema, title: "asic-reservoir configuration", ...schema }, null, 2)}\n`);
  return EXIT.good;
}

export function configMigrateCommand(file: string, options: { json?: boolean }): number {
  const migrated = migrateFile(file);
  if (options.json) process.stdout.write(`${JSON.stringify({ file, version: CONFIG_VERSION, migrated })}\n`);
  else if (migrated === null) process.stdout.write(`${file} is of layout ${CONFIG_VERSION}: nothing to do.\n`);
  else {
    const { steps, backup, written } = migrated;
    const files = written.map((name) => `${name}: new, readable by its owner alone`);
    process.stdout.write(`${[...steps, `${backup}: the old file`, ...files, `${file} is of layout ${CONFIG_VERSION}.`].join("\n")}\n`);
  }
  return EXIT.good;
}
