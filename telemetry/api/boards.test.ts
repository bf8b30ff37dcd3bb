import { describe, expect, test, vi } from "vitest";
import { ask, runApi, view } from "./api.test-support.ts";

const post = (path: string) => [path, { method: "POST" }] as const;

describe("a daemon with several boards", () => {
  test("lists them with the state of each, in the order of its configuration", async () => {
    const { api, hubs } = await runApi({ others: ["bench-s9", "bench-spare"] });
    hubs[1]?.publish("state", { state: "fault", stateReason: "LINK_LOST: gone" });
    expect((await ask(api, "/api/v1/boards")).json()).toMatchObject([
      { name: "bench", origin: "twin", state: "cold" },
      { name: "bench-s9", state: "fault", stateReason: "LINK_LOST: gone" },
      { name: "bench-spare", state: "cold" },
    ]);
  });

  test("says what is asked of the board that is named; of the first when none is", async () => {
    const { api, hubs } = await runApi({ others: ["bench-s9"] });
    hubs[1]?.publish("state", { state: "running", stateReason: "hashing" });
    expect((await ask(api, "/api/v1/state")).json()).toMatchObject({ rig: "bench", state: "cold" });
    expect((await ask(api, "/api/v1/state?board=bench")).json()).toMatchObject({ rig: "bench" });
    expect((await ask(api, "/api/v1/state?board=bench-s9")).json()).toMatchObject({ rig: "bench-s9", state: "running" });
    expect((await ask(api, "/api/system/info?board=bench-s9")).json()).toMatchObject({ hostname: "bench-s9-twin" });
  });

  test("says which there are to who names another", async () => {
    const { api } = await runApi({ others: ["bench-s9"] });
    const unknown = { status: 404, code: "BOARD_UNKNOWN", hint: "There is bench, bench-s9." };
    for (const path of ["/api/v1/state", "/api/system/info"])
      expect((await ask(api, `${path}?board=s9`)).json(), path).toMatchObject(unknown);
    await expect(view(api, {}, "/ws?board=s9")).rejects.toThrow("404");
    expect(api.counters().refusedClients).toBe(1);
  });

  test("switches off the one that is named, all when none is, and none when there is no such board", async () => {
    const emergencyOff = vi.fn(async () => undefined);
    const othersOff = vi.fn(async () => undefined);
    const { api } = await runApi({ emergencyOff, others: ["bench-s9"], othersOff });
    expect((await ask(api, ...post("/api/v1/emergency-off?board=nobody"))).status).toBe(404);
    expect([emergencyOff.mock.calls.length, othersOff.mock.calls.length]).toEqual([0, 0]);
    const one = await ask(api, ...post("/api/v1/emergency-off?board=bench-s9"));
    expect([one.status, one.text]).toEqual([202, expect.stringContaining("of bench-s9 is")]);
    expect([emergencyOff.mock.calls.length, othersOff.mock.calls.length]).toEqual([0, 1]);
    const all = await ask(api, ...post("/api/v1/emergency-off"));
    expect([all.status, all.text]).toEqual([202, expect.stringContaining("of bench and bench-s9 is")]);
    expect([emergencyOff.mock.calls.length, othersOff.mock.calls.length]).toEqual([1, 2]);
  });

  test("asks every board to go off, also when the first does not obey, and says that it did not", async () => {
    const othersOff = vi.fn(async () => undefined);
    const refuses = async () => {
      throw new Error("still on");
    };
    const { api } = await runApi({ emergencyOff: refuses, others: ["bench-s9"], othersOff });
    expect((await ask(api, ...post("/api/v1/emergency-off"))).status).toBe(503);
    expect(othersOff).toHaveBeenCalledOnce();
  });

  test("sends a viewer what its own board does, and counts the viewers of all against their places", async () => {
    const { api, hubs } = await runApi({ others: ["bench-s9"], limits: { maxClients: 2 } });
    const first = await view(api);
    const other = await view(api, {}, "/ws?board=bench-s9");
    hubs[1]?.publish("state", { state: "armed", stateReason: "of the S9" });
    await expect.poll(() => other.messages.at(-1)).toMatchObject({ type: "update", value: { stateReason: "of the S9" } });
    expect(other.messages[0]).toMatchObject({ type: "hello", rig: "bench-s9" });
    expect(first.messages.filter(({ type }) => type === "update")).toEqual([]);
    expect(api.counters().clients).toBe(2);
    await expect(view(api, {}, "/ws?board=bench-s9")).rejects.toThrow("503");
  });
});
