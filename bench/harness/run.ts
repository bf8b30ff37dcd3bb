/** `run.ts NAME`: a table, then one line of JSON. Without a name: the benchmarks there are. Every *.ts in bench/ that exports `bench` is one. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Bench, reportOf, tableOf } from "./bench.ts";

const EXIT_USAGE = 2;
const FOLDER = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => file.slice(0, -3))
  .toSorted();

async function load(name: string): Promise<Bench> {
  const module = (await import(pathToFileURL(path.join(FOLDER, `${name}.ts`)).href)) as { bench: Bench };
  return module.bench;
}

const [name] = process.argv.slice(2);
if (name === undefined) {
  for (const each of names) console.log(`${each.padEnd(12)}${(await load(each)).about}`);
} else if (!names.includes(name)) {
  console.error(`There is no benchmark "${name}". There are: ${names.join(", ")}.`);
  process.exitCode = EXIT_USAGE;
} else {
  const bench = await load(name);
  console.log(`${name}: ${bench.about}\n`);
  const report = reportOf(name, await bench.run());
  console.log(tableOf(report));
  console.log(JSON.stringify(report));
}
