import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allocateNonces } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import { openStore } from "./client.ts";
import { newRun } from "./rows.test-support.ts";
import { temporaryFolder } from "./store.test-support.ts";

test("the Python of docs/store.md reads what was stored", async () => {
  const folder = temporaryFolder();
  const random = splitmix64(1);
  const batch = allocateNonces(3000);
  for (let i = 0; i < batch.length; i++) {
    // One gap that has to be patched, one of more than 32 bits, one step back.
    batch.tNs[i] =
      10n ** 15n + BigInt(i * 300_000 + Math.floor(random.next() * 1e6)) + (i > 2000 ? 10n ** 11n : 0n) + (i === 1000 ? 10n ** 9n : 0n);
    batch.nonce[i] = Math.floor(random.next() * 2 ** 32);
  }
  const store = await openStore({ path: join(folder, "telemetry.db"), inProcess: true });
  const runId = await store.startRun(newRun);
  store.addNonces(runId, batch);
  await store.close();

  const [, program = ""] = /```python\n([\s\S]*?)```/.exec(readFileSync("docs/store.md", "utf8")) ?? [];
  const { stdout, stderr } = spawnSync("python3", ["-c", program], { cwd: folder, encoding: "utf8" });
  const expected = Array.from(batch.nonce, (nonce, i) => `${batch.tNs[i]} ${nonce.toString(16).padStart(8, "0")}`);
  expect(stdout.trim().split("\n"), stderr).toEqual(expected);
});
