/** Two boards of both kinds, one daemon, and a cable that is pulled: what an operator of docs/rig.md sees. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { BoardSummary } from "../../telemetry/api/schemas/board.ts";
import type { Latch } from "../../telemetry/control/control-store.ts";
import type { Snapshot } from "../../telemetry/messages.ts";
import { type S9Twin, startS9Twin, startTwin } from "../../twin/index.ts";
import { type Program, run, start, workshop } from "./program.ts";

const TOKEN = "operate-".padEnd(24, "x");
/** A loaded host takes its time for both bring-ups. */
const UP_MS = 120_000;
/** Points of a second each: it must outlast the pull. */
const SWEEP = { coreVoltageMv: [1150, 1200], frequencyMhz: [400, 425, 450, 475], settleMs: 200, dwellMs: 1500 };

describe("a Bitaxe that sweeps and an S9 whose cable is pulled", () => {
  const shop = workshop();
  let bitaxe: Awaited<ReturnType<typeof startTwin>>;
  let s9: S9Twin;
  let file: string;
  let daemon: Program;
  let url: string;

  const json = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;
  const state = (board: string) => json<Snapshot>(`/api/v1/state?board=${board}`);
  const isOff = () => !s9.status().running && s9.status().stringVoltageV < 1;

  beforeAll(async () => {
    bitaxe = await startTwin({ seed: 3 });
    s9 = await startS9Twin({ chips: 3, workScale: 28, seed: 4, linkDir: shop.file("s9-ports") });
    file = shop.file("rig.yaml");
    writeFileSync(shop.file("operate-token"), TOKEN);
    writeFileSync(
      file,
      stringify({
        version: 1,
        rig: "bench",
        origin: "twin",
        boards: [
          {
            name: "bitaxe",
            kind: "bitaxe-ultra",
            control: bitaxe.controlPath,
            data: bitaxe.dataPath,
            workScale: bitaxe.workScale,
            setPoint: { frequencyMhz: 400 },
            plan: ["sweep"],
            sweep: SWEEP,
          },
          {
            name: "s9",
            kind: "s9-hashboard",
            control: s9.controlPath,
            data: s9.dataPath,
            workScale: s9.workScale,
            chips: 3,
            setPoint: { frequencyMhz: 300 },
          },
        ],
        store: { path: "rig.db" },
        api: { port: 0, operateTokenFile: shop.file("operate-token") },
        mqtt: { port: 0 },
      }),
    );
    daemon = start(["run", "--config", file], { detached: true });
    [, url = ""] = await daemon.saying(/Dashboard of all boards: (\S+)/);
    await daemon.saying(/bench-s9: \[running\]/, UP_MS);
    await daemon.saying(/bench-bitaxe: 1150 mV 400 MHz: \d+ of/, UP_MS);
  }, 2 * UP_MS);

  afterAll(async () => {
    if (daemon?.child.exitCode === null) {
      daemon.child.kill("SIGTERM");
      await daemon.finished;
    }
    await bitaxe?.stop();
    await s9?.stop();
    shop.remove();
  }, 60_000);

  it("one page and one list are of both", async () => {
    expect(await json<BoardSummary[]>("/api/v1/boards")).toMatchObject([
      { name: "bench-bitaxe", origin: "twin", state: "running" },
      { name: "bench-s9", origin: "twin", state: "running", board: { chips: 3 } },
    ]);
    expect(await (await fetch(`${url}/?board=bench-s9`)).text()).toContain("<!doctype html>");
  });

  it("a limit that the file tightens for one board is in force for that one", async () => {
    writeFileSync(file, readFileSync(file, "utf8").replace("name: bitaxe\n", "name: bitaxe\n    limits: { maxChipTempC: 75 }\n"));
    const said = async (board: string) => (await state(board)).events.filter(({ source }) => source === "config").map(({ text }) => text);
    await expect.poll(() => said("bench-bitaxe")).toEqual(["limits.maxChipTempC: null becomes 75: in force"]);
    expect(await said("bench-s9")).toEqual([]);
  });

  it("the S9 goes into fault with the reason in the log, the API and control.db, its own PIC takes its supply off, and the Bitaxe goes on", async () => {
    s9.setFault({ name: "link-cut" });
    await daemon.saying(/bench-s9: \[fault\] LINK_LOST: .*cable/, 30_000);
    await expect.poll(isOff, { timeout: 60_000, interval: 250, message: "without a heartbeat" }).toBe(true);
    await daemon.saying(/bench-s9: warning: the board stays off until its fault is cleared.*faults clear 1 /, 30_000);

    const cut = await state("bench-s9");
    expect(cut).toMatchObject({ state: "fault", stateReason: expect.stringMatching(/^LINK_LOST: /) });
    expect(cut.events).toContainEqual(expect.objectContaining({ level: "error", text: cut.stateReason }));
    expect(await json<Latch[]>("/api/v1/faults")).toMatchObject([{ id: 1, rig: "bench-s9", code: "LINK_LOST", clearedReason: null }]);
    expect((await state("bench-bitaxe")).state).toBe("running");
    expect(bitaxe.status().frequencyMhz).toBeGreaterThan(0);
  }, 150_000);

  it(
    "with its cable back the S9 stays off until its fault is cleared, which takes a token; then it comes up",
    async () => {
      s9.clearFault("link-cut");
      await daemon.saying(/bench-s9: warning: core off: /, 60_000);
      expect(isOff()).toBe(true);
      const clear = (headers: Record<string, string>) =>
        fetch(`${url}/api/v1/faults/1/clear?reason=cable+plugged+in`, { method: "POST", headers });
      expect((await clear({})).status).toBe(403);
      expect((await state("bench-s9")).state).toBe("fault");
      expect(await (await clear({ authorization: `Bearer ${TOKEN}` })).json()).toEqual({ rig: "bench-s9", cleared: 1, left: 0 });
      await daemon.saying(/the fault was cleared: the board is brought up again/, 30_000);
      await expect.poll(async () => (await state("bench-s9")).state, { timeout: UP_MS, interval: 500 }).toBe("running");
    },
    2 * UP_MS,
  );

  it(
    "emergency-off of the S9 alone leaves the Bitaxe running, whose sweep lost no point",
    async () => {
      expect((await fetch(`${url}/api/v1/emergency-off?board=bench-s9`, { method: "POST" })).status).toBe(202);
      await expect.poll(isOff, { timeout: 60_000, interval: 100 }).toBe(true);
      await daemon.saying(/bench-bitaxe: the plan is done/, UP_MS);
      const { state: now, sweep } = await state("bench-bitaxe");
      expect(now).toBe("running");
      expect(sweep.filter(({ status }) => status === "done")).toHaveLength(SWEEP.coreVoltageMv.length * SWEEP.frequencyMhz.length);
    },
    2 * UP_MS,
  );

  it("SIGTERM ends it with both boards off, and the exit code of the board in fault", async () => {
    daemon.child.kill("SIGTERM");
    const { code, stderr } = await daemon.finished;
    expect(code, stderr).toBe(3);
    expect(stderr).toMatch(/bench-s9 ended in fault: EMERGENCY_OFF/);
    expect([bitaxe.status().frequencyMhz, isOff()]).toEqual([0, true]);
    const { stdout } = await run(["faults", "list", "--config", file, "--json"]);
    expect(JSON.parse(stdout).faults).toMatchObject([{ rig: "bench-s9", code: "EMERGENCY_OFF" }]);
  }, 90_000);
});
