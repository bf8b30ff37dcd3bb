import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { concatNonces } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import { numberedNonces } from "./rows.test-support.ts";
import { openForTest, temporaryFolder } from "./store.test-support.ts";

const WRITER = fileURLToPath(new URL("./numbered-writer.test-support.ts", import.meta.url));

/** Kills the writer `afterMs` after its first confirmed commit; resolves with the last number it had confirmed. */
async function writeUntilKilled(path: string, afterMs: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", WRITER, path], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let committed = 0;
  let killing = false;
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    committed = Number(/^committed (\d+)$/.exec(line)?.[1]);
    if (killing) continue;
    killing = true;
    setTimeout(() => child.kill("SIGKILL"), afterMs);
  }
  return committed;
}

describe("kill -9 while writing", () => {
  const random = splitmix64(20261121);
  const moments = Array.from({ length: 5 }, () => Math.floor(random.next() * 250));

  test.each(moments)(
    "%i ms after the first commit: every confirmed row is there, the file is sound, the run is marked",
    async (afterMs) => {
      const path = join(temporaryFolder(), "t.db");
      const committed = await writeUntilKilled(path, afterMs);
      expect(committed).toBeGreaterThan(0);

      const before = await openForTest({ path, readonly: true });
      expect(await before.listRuns()).toMatchObject([{ status: "running", endedWallMs: null }]);
      await before.close();

      const store = await openForTest({ path });
      const run = await store.run(1);
      expect(run?.status).toBe("interrupted");
      const db = new SqliteDatabase(path, { readonly: true });
      expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
      expect(run?.endedWallMs).toBe(db.prepare("SELECT max(committed_ms) FROM nonce_chunks").pluck().get());
      db.close();

      const [event] = (await store.events(1, 10)).filter(({ source }) => source === "store");
      const lastNs = 10n ** 15n + BigInt((run?.nonces ?? 0) - 1) * 1_000_000n;
      expect(event?.text).toContain(
        `${new Date(run?.endedWallMs ?? 0).toISOString()}, is here: ${run?.nonces} nonces (the last at ${lastNs} ns)`,
      );
      expect(event?.text).toMatch(/ Missing: (nothing that was handed over\.|\d+ nonces)/);

      const kept = concatNonces(await store.nonceChunks(1, 0, 1_000_000));
      expect(kept.length).toBeGreaterThanOrEqual(committed);
      expect(kept).toEqual(numberedNonces(0, kept.length));
      expect(run).toMatchObject({ nonces: kept.length, jobs: run?.samples });
    },
  );

  test("a killed writer leaves no lock behind, and a living one is noticed from another process", async () => {
    const path = join(temporaryFolder(), "t.db");
    const store = await openForTest({ path });
    const child = spawn(process.execPath, ["--import", "tsx", WRITER, path], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    for await (const text of child.stderr) stderr += text;
    expect(stderr).toContain("DATABASE_BUSY");
    await store.close();
    await writeUntilKilled(path, 0);
    await openForTest({ path });
  });
});
