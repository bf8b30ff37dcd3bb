import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openStore } from "./client.ts";
import { handedPath, readHanded } from "./handed-file.ts";
import { job, newRun, numberedNonces, sample } from "./rows.test-support.ts";
import { openForTest, temporaryFolder } from "./store.test-support.ts";

const line = (text: string) => ({ wallMs: 1, level: "info", source: "test", text }) as const;

/** A record as a killed process leaves it: copied while it is written. `change` is made to what it had handed over; `nth` line of the run's log is taken. */
async function killed(change: (json: string) => string | null = (json) => json, nth = 0) {
  const folder = temporaryFolder();
  const path = join(folder, "t.db");
  const left = join(folder, "left.db");
  const store = await openForTest({ path });
  store.addEvent(null, line("before"));
  const runId = await store.startRun(newRun);
  store.addNonces(runId, numberedNonces(0, 10));
  store.addJobs(runId, [job(0)]);
  await store.flush();
  store.addNonces(runId, numberedNonces(10, 5));
  store.addSample(runId, sample());
  store.addEvent(null, line("after"));
  store.addEvent(runId, line("of the run"));
  for (const part of ["", "-wal"]) writeFileSync(`${left}${part}`, readFileSync(`${path}${part}`));
  const json = change(readFileSync(handedPath(path), "utf8").split("\n")[0]?.slice(9) ?? "");
  if (json !== null) writeFileSync(handedPath(left), `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`);
  await store.close();
  expect(existsSync(handedPath(path))).toBe(false);
  const next = await openStore({ path: left, inProcess: true });
  const of = async (run: number | null) => (await next.events(run, 9)).filter(({ source }) => source === "store").map(({ text }) => text);
  const said = { run: (await of(runId))[nth] ?? "", between: await of(null) };
  await next.close();
  return said;
}

describe("what the next start says of a killed process", () => {
  test("every row that is missing, of the run and of the log between runs, by its kind", async () => {
    const { run, between } = await killed();
    expect(run).toContain("is here: 10 nonces (the last at 1000000009000000 ns), 1 jobs and 0 samples.");
    expect(run).toContain(
      "Missing: 5 nonces (after 1000000009000000 ns to 1000000014000000 ns), 0 jobs, 0 set-points, 1 samples and 1 lines of the log",
    );
    expect(run).toContain("(stated: 3600000 ms): no commit had been begun for it");
    expect(between).toEqual(["Interrupted: 1 lines of the log between runs are missing."]);
  });

  test("after a restart of the machine: that at least", async () => {
    const { run } = await killed((json) => json.replace(/"boot":"[^"]*"/, '"boot":"another"'));
    expect(run).toContain("Missing at least (the machine was restarted since, and what was counted last may be older): 5 nonces");
  });

  test("that rows had been turned away before", async () => {
    const { run } = await killed((json) => json.replace('"turnedAway":0', '"turnedAway":7'));
    expect(run).toMatch(/ 7 rows had been turned away, because too much waited for the disk\.$/);
  });

  test("how many nonces came between two runs, with the run that they were to go to or, where it was not begun, between runs", async () => {
    const { run, between } = await killed(
      (json) => json.replace('"betweenRuns":null', '"betweenRuns":{"nonces":50,"lastNonceNs":"77"}'),
      1,
    );
    const text = "Interrupted: 50 nonces are missing that came when one run had ended and before the next had begun, up to 77 ns.";
    expect(run).toBe(text);
    expect(between).toEqual(["Interrupted: 1 lines of the log between runs are missing."]);

    const path = join(temporaryFolder(), "t.db");
    const left = `${path}-left`;
    const store = await openForTest({ path });
    store.betweenRuns(3, 9n);
    for (const [from, to] of [
      [path, left],
      [`${path}-wal`, `${left}-wal`],
      [handedPath(path), handedPath(left)],
    ] as const)
      writeFileSync(to, readFileSync(from));
    store.betweenRuns(0, null);
    expect(readHanded(path)?.record.betweenRuns).toBeNull();
    const next = await openStore({ path: left, inProcess: true });
    expect((await next.events(null, 9)).map((event) => event.text)).toEqual([
      "Interrupted: 3 nonces are missing that came when one run had ended and before the next had begun, up to 9 ns.",
    ]);
    await next.close();
  });

  test("that nothing tells how much, where what was handed over was not counted or cannot be read", async () => {
    const unknown = "What was handed over after that commit began is lost; how much, nothing tells (3600000 ms were stated).";
    expect((await killed(() => null)).run).toContain(unknown);
    expect((await killed(() => "{")).run).toContain(unknown);
  });
});
