import path from "node:path";
import { expect, test } from "vitest";
import { openForTest, temporaryFolder } from "../../telemetry/store/store.test-support.ts";
import { interruptedRun, mayResume, resumedPoints } from "./resume.ts";

/** A store with runs of kind "sweep" that ended so, each with one point. */
async function storeWith(
  ...runs: readonly { readonly status: "finished" | "stopped" | "failed" | "interrupted"; readonly planHash: string }[]
) {
  const store = await openForTest({ path: path.join(temporaryFolder(), "t.db"), inProcess: true });
  for (const { status, planHash } of runs) {
    const id = await store.startRun({ kind: "sweep", origin: "twin", note: "", provenance: { planHash } });
    await store.putResult(id, "other", "twin", {});
    await store.putResult(id, "sweep-point", "twin", { index: 0 });
    await store.endRun(id, status);
  }
  return store;
}
const found = (store: Awaited<ReturnType<typeof storeWith>>) => interruptedRun(store, "sweep", "aa");

test.each(["interrupted", "failed"] as const)(
  "a sweep of the same plan that was cut off (%s) goes on, its points marked with its run",
  async (status) => {
    const before = await found(await storeWith({ status, planHash: "aa" }));
    expect(before).toMatchObject({ runId: 1 });
    expect(resumedPoints(before as NonNullable<typeof before>)).toEqual([{ index: 0, measuredIn: 1 }]);
  },
);

test("a point keeps the run in which it was measured, however often its sweep is cut off", () => {
  const stored = { runId: 3, kind: "sweep-point", origin: "twin", wallMs: 0, value: { index: 0, measuredIn: 1 } } as const;
  expect(resumedPoints({ runId: 3, results: [stored] })).toEqual([{ index: 0, measuredIn: 1 }]);
});

test.each(["finished", "stopped"] as const)("one that was over (%s) does not", async (status) => {
  expect(await found(await storeWith({ status, planHash: "aa" }))).toBeNull();
});

test("one of another plan does not, nor one before the last", async () => {
  expect(await found(await storeWith({ status: "interrupted", planHash: "bb" }))).toBeNull();
  expect(await found(await storeWith({ status: "interrupted", planHash: "aa" }, { status: "finished", planHash: "aa" }))).toBeNull();
  expect(await found(await storeWith())).toBeNull();
});

test("before anything is powered it is asked whether the last of its kind was left without an end", async () => {
  const runs = async (...statuses: readonly ("finished" | "stopped" | "failed" | "interrupted")[]) =>
    (await storeWith(...statuses.map((status) => ({ status, planHash: "aa" })))).listRuns();
  for (const status of ["interrupted", "failed"] as const) {
    expect(mayResume(await runs("finished", status), "sweep")).toBe(true);
    expect(mayResume(await runs(status), "experiment")).toBe(false);
  }
  for (const status of ["finished", "stopped"] as const) expect(mayResume(await runs("failed", status), "sweep")).toBe(false);
  expect(mayResume([], "sweep")).toBe(false);
  const killed = (await runs("interrupted")).map((run) => ({ ...run, status: "running" as const }));
  expect(mayResume(killed, "sweep")).toBe(true);
});
