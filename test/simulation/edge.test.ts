/** The search for critical voltages on twins in virtual time: chips that fall silent, and a search that is killed. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { virtualRun } from "../../bench/harness/virtual-session.ts";
import { configSchema } from "../../device/config/schema.ts";
import { type EdgeReport, findEdges, type StoredLook } from "../../device/sweep/edge/run-edge.ts";
import type { SweepPlan } from "../../device/sweep/plan-schema.ts";
import { runSweep } from "../../device/sweep/run-sweep.ts";
import type { SetPoint, SweepPoint } from "../../telemetry/messages.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { temporaryFolder } from "../../telemetry/store/store.test-support.ts";
import { Bitaxe } from "../../twin/bitaxe.ts";
import { S9HashBoard } from "../../twin/board/s9-hashboard.ts";
import type { FaultTable } from "../../twin/index.ts";

const TIMEOUT_MS = 240_000;
const CHIPS = 6;
const truth = () => ({ running: true, supplyOn: true });
const ports = { control: "virtual/control", data: "virtual/data" };

describe("a chain with chips that no allowed voltage keeps at the frequency", { timeout: TIMEOUT_MS }, () => {
  it("is powered on again when they fall silent, and its other chips are placed", async () => {
    // Its chips 1 and 4 are weak ones.
    const seed = 10;
    const home: SetPoint = { coreVoltageMv: 8800, frequencyMhz: 500, ticketDifficulty: 1 };
    let report: EdgeReport | null = null;
    let clocksMhz: number[] = [];
    let after: SetPoint | null = null;
    const looks: StoredLook[] = [];
    await virtualRun({
      seed,
      mostMinutes: 5,
      configOf: (store) =>
        configSchema.parse({
          origin: "twin",
          board: { kind: "s9-hashboard", chips: CHIPS, workScale: 26, ...ports },
          setPoint: home,
          store: { path: store },
        }),
      make(faults: FaultTable) {
        const options = {
          chips: CHIPS,
          workScale: 26,
          seed,
          ambientC: 25,
          faults,
          boardAddress: 0x55,
          tailShare: 0.15,
          sensor: "TMP451",
        } as const;
        const twin = new S9HashBoard(options);
        return {
          twin,
          truth() {
            clocksMhz = twin.chain.chips.map(({ frequencyMhz }) => frequencyMhz);
            return truth();
          },
        };
      },
      async work(session, signal) {
        report = await findEdges(
          session,
          session.config.sweep,
          { frequencyMhz: 650, home, before: [] },
          { look: async (_, look) => void looks.push(look) },
          signal,
        );
        after = session.rig.setPoint;
        await session.rig.chain.checkAnswering();
      },
    });
    const found = report as unknown as EdgeReport;
    expect(looks[0]).toMatchObject({ silent: [1, 4], seconds: 0 });
    expect(found).toMatchObject({ restarts: 1, why: expect.any(String) });
    expect(found.chips.map(({ placed }) => placed)).toEqual([true, false, true, true, false, true]);
    // In the way, they are slowed; afterwards all are back at one clock, where the search began.
    expect(looks.at(-1)?.clocksMhz[1]).toBeLessThan(650);
    expect(after).toMatchObject({ coreVoltageMv: home.coreVoltageMv, frequencyMhz: home.frequencyMhz });
    expect(clocksMhz.every((mhz) => mhz === clocksMhz[0])).toBe(true);
  });
});

describe("a sweep for the edge", { timeout: TIMEOUT_MS }, () => {
  it("that is killed goes on at the voltage it was at", async () => {
    const folder = temporaryFolder();
    const config = (store: string) =>
      configSchema.parse({
        origin: "twin",
        board: { kind: "bitaxe-ultra", workScale: 24, ...ports },
        sweep: { plan: "edge", frequencyMhz: [525] },
        store: { path: store },
      });
    const run = async (mostLooks: number) => {
      let looks = 0;
      await virtualRun({
        seed: 2,
        mostMinutes: 5,
        folder,
        configOf: config,
        make(faults) {
          return {
            twin: new Bitaxe({ chips: 1, variant: "205", bridgeGeneration: "V0", workScale: 24, seed: 2, ambientC: 25, faults }),
            truth,
          };
        },
        killedWhen: () => looks >= mostLooks,
        async work(session, signal) {
          session.hub.subscribe({
            update: ({ topic }) => {
              if (topic === "sweepPoint") looks++;
            },
          });
          await runSweep(session, session.config.sweep as SweepPlan, signal);
        },
      });
    };
    await run(3);
    await run(Number.POSITIVE_INFINITY);
    const store = await openStore({ path: path.join(folder, "telemetry.db"), readonly: true, inProcess: true });
    const sweeps = (await store.listRuns()).filter(({ kind }) => kind === "sweep");
    expect(sweeps.map(({ status }) => status)).toEqual(["interrupted", "finished"]);
    const of = async (at: number, kind: string) =>
      (await store.results(sweeps[at]?.id as number)).filter((result) => result.kind === kind).map(({ value }) => value);
    const [cut, whole] = [(await of(0, "edge-look")) as StoredLook[], (await of(1, "edge-look")) as StoredLook[]];
    const points = (await of(1, "sweep-point")) as SweepPoint[];
    const [edge] = (await of(1, "edge")) as EdgeReport[];
    await store.close();
    expect(cut.length).toBeGreaterThan(0);
    expect(whole.slice(0, cut.length)).toEqual(cut);
    expect(edge).toMatchObject({ frequencyMhz: 525, looks: whole.length, chips: [{ placed: true }], why: null });
    expect(points.filter(({ measuredIn }) => measuredIn !== undefined).every(({ measuredIn }) => measuredIn === sweeps[0]?.id)).toBe(true);
  });
});
