import { verifyHeaders } from "../../../drivers/native/index.ts";
import { reverify } from "../../reverify.ts";
import { EXIT } from "../exit.ts";
import { ProgressLine } from "../progress.ts";
import { existingRun, type StoreOptions, withStore } from "./with-store.ts";

export function runsVerifyCommand(id: number, options: StoreOptions): Promise<number> {
  return withStore(options, async (store) => {
    const run = await existingRun(store, id);
    const line = new ProgressLine();
    const found = await reverify(store, id, verifyHeaders, (rows) => line.show(`verifying run ${id}`, rows, run.nonces));
    line.clear();
    if (options.json) process.stdout.write(`${JSON.stringify({ ...found, origin: run.origin })}\n`);
    else {
      const counts = Object.entries(found.counts).map(([status, n]) => `${n} ${status}`);
      process.stdout.write(
        `Run ${id} (origin: ${run.origin}): ${found.nonces} nonces hashed again from the record alone: ${counts.join(", ")}.\n`,
      );
      process.stdout.write(
        found.contradicted === 0
          ? "Every stored status agrees with its hash.\n"
          : `${found.contradicted} stored statuses disagree with their hash:\n`,
      );
      for (const row of found.contradictions)
        process.stdout.write(`  row ${row.row}: stored ${row.status}, ${row.zeroBits ?? "?"} zero bits, ${row.expected ?? "?"} expected\n`);
    }
    return found.contradicted === 0 ? EXIT.good : EXIT.no;
  });
}
