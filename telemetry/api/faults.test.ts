import { expect, onTestFinished, test } from "vitest";
import { openControlStore } from "../control/control-store.ts";
import { ask, runApi } from "./api.test-support.ts";
import type { Api } from "./server.ts";

const VIEW = "v".repeat(20);
const OPERATE = "o".repeat(20);
const fault = (rig: string, cause: string) => ({ rig, code: "SENTINEL", cause, evidence: { chipTempC: 90 }, wallMs: 1000 });

async function withFaults() {
  const control = openControlStore(":memory:");
  onTestFinished(() => control.close());
  const ids = [
    control.latch(fault("bench", "too hot")),
    control.latch(fault("bench-s9", "gone")),
    control.latch(fault("strange", "not ours")),
  ];
  const { api } = await runApi({ others: ["bench-s9"], control, tokens: { view: VIEW, operate: OPERATE } });
  return { api, control, ids };
}

function clear(api: Api, id: number, reason: string, token: string | null = OPERATE) {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return ask(api, `/api/v1/faults/${id}/clear?reason=${encodeURIComponent(reason)}`, { method: "POST", headers });
}

test("faults are listed board by board with their evidence, those of other daemons never", async () => {
  const { api, ids } = await withFaults();
  expect((await ask(api, "/api/v1/faults")).json()).toMatchObject([
    { id: ids[0], rig: "bench", cause: "too hot", evidence: { chipTempC: 90 }, clearedReason: null },
    { id: ids[1], rig: "bench-s9", cause: "gone" },
  ]);
  expect((await ask(api, "/api/v1/faults?board=bench-s9")).json()).toMatchObject([{ id: ids[1] }]);
  expect((await ask(api, "/api/v1/faults?board=strange")).json()).toMatchObject({ code: "BOARD_UNKNOWN" });
});

test("a fault is cleared by who may operate, with a reason that stays with it", async () => {
  const { api, control, ids } = await withFaults();
  const [, second] = ids as [number, number, number];
  expect((await clear(api, second, "cable replaced")).json()).toEqual({ rig: "bench-s9", cleared: second, left: 0 });
  expect(control.latches("bench-s9")).toEqual([]);
  expect(control.audit("bench-s9", 1)).toMatchObject([{ what: "cleared", detail: `${second}: cable replaced` }]);
  expect((await ask(api, "/api/v1/faults")).json()).toHaveLength(1);
  expect((await ask(api, "/api/v1/faults?all=yes")).json()).toMatchObject([{ rig: "bench" }, { clearedReason: "cable replaced" }]);
});

test("nobody else may, not even on this host", async () => {
  const { api, control, ids } = await withFaults();
  const [first] = ids as [number, number, number];
  expect((await clear(api, first, "let me", VIEW)).json()).toMatchObject({ status: 403, code: "ROLE_REFUSED" });
  expect((await clear(api, first, "let me", null)).status).toBe(403);
  expect((await clear(api, first, "let me", "x".repeat(20))).status).toBe(403);
  expect(control.latches("bench")).toHaveLength(1);
});

test("no reason, an unknown number, another daemon's, and one cleared before are refused, each with its own word", async () => {
  const { api, control, ids } = await withFaults();
  const [first, , strange] = ids as [number, number, number];
  for (const reason of ["", "   ", "x".repeat(501)])
    expect((await clear(api, first, reason)).json(), reason).toMatchObject({ status: 400, code: "PARAMETER_REFUSED" });
  expect((await clear(api, 99, "looked")).json()).toMatchObject({ status: 404, code: "FAULT_UNKNOWN" });
  expect((await clear(api, strange, "looked")).json()).toMatchObject({ status: 404, code: "FAULT_UNKNOWN" });
  expect(control.latches("strange")).toHaveLength(1);
  expect((await clear(api, first, "looked")).status).toBe(200);
  expect((await clear(api, first, "again")).json()).toMatchObject({
    status: 409,
    code: "FAULT_CLEARED",
    detail: expect.stringContaining("looked"),
  });
});

test("without a disk for them it is said that there is nothing to clear", async () => {
  const { api } = await runApi({ tokens: { view: null, operate: OPERATE } });
  expect((await ask(api, "/api/v1/faults")).json()).toMatchObject({ status: 503, code: "CONTROL_ABSENT" });
  expect((await clear(api, 1, "looked")).json()).toMatchObject({ status: 503, code: "CONTROL_ABSENT" });
});
