import { type Command, Option } from "commander";
import { finish } from "./finish.ts";

const json = () => new Option("--json", "print one JSON document");

export function addConfigCommand(root: Command): void {
  root
    .command("check-config")
    .description("check a configuration file without touching hardware: all that is wrong, or each value in force and where it came from")
    .argument("<file>", "configuration (YAML)")
    .addOption(json())
    .action(async (file, options) => finish((await import("./check-config.ts")).checkConfigCommand(file, options)));

  const config = root.command("config").description("the configuration file's layout");
  config
    .command("schema")
    .description("its JSON Schema: for editors, and for programs that write one")
    .addOption(json())
    .action(async () => finish((await import("./config.ts")).configSchemaCommand()));
  config
    .command("migrate")
    .description("rewrite a file of an older layout, its comments kept, the old file beside it")
    .argument("<file>", "configuration (YAML)")
    .addOption(json())
    .action(async (file, options) => finish((await import("./config.ts")).configMigrateCommand(file, options)));
}
