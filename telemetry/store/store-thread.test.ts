import { join } from "node:path";
import { expect, test } from "vitest";
import { spawnWorker } from "./spawn-worker.ts";
import { temporaryFolder } from "./store.test-support.ts";
import { StoreThread } from "./store-thread.ts";

test("a thread that dies fails what it was asked and what it will be asked, with STORE_THREAD_LOST", async () => {
  const input = {
    path: join(temporaryFolder(), "t.db"),
    readonly: false,
    maxBytes: null,
    budgetBytes: null,
    commitIntervalMs: 1000,
    wallMs: 1,
  };
  const worker = spawnWorker(input);
  const thread = new StoreThread(input, worker);
  await thread.opened;
  const lost = expect.objectContaining({ code: "STORE_THREAD_LOST" });
  void worker.terminate();
  await expect(thread.call("listRuns")).rejects.toThrow(lost);
  expect(await thread.ended).toEqual(lost);
  await expect(thread.call("listRuns")).rejects.toThrow(lost);
});
