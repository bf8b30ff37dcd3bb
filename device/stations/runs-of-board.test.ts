import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../telemetry/store/client.ts";
import { runsOfBoard } from "./runs-of-board.ts";

it("runs of two boards in one record say whose they are, when they begin and when they end; what else is written stays as it is", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "boards-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await openStore({ path: path.join(folder, "t.db"), inProcess: true });
  const left = runsOfBoard(store, "rig-left");
  const right = runsOfBoard(store, "rig-right");
  const run = { kind: "mining", origin: "twin", note: "at the set-point", provenance: { config: { rig: "rig-left" } } } as const;
  const first = await left.startRun(run);
  await right.startRun({ ...run, note: "rig-right: bring-up" });
  await left.endRun(first, "failed", "LINK_LOST");
  expect((await store.listRuns()).map(({ note }) => note)).toEqual(["rig-left: LINK_LOST", "rig-right: bring-up"]);
  expect((await store.run(first))?.provenance).toMatchObject({ rig: "rig-left", config: { rig: "rig-left" } });
  await store.close();
});
