/** Effects in the twin's cores, in virtual time: found behind the wire, by the drivers' own decoder, and absent from the nonces. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { STATUS } from "../../common/nonce-batch.ts";
import { lcg32 } from "../../common/random.ts";
import { ksTest } from "../../reservoir/statistics/kolmogorov-smirnov.ts";
import { DRIVE_RANGE } from "../../twin/planted/memory.ts";
import { type EffectName, type PlantSpec, plantedEffect } from "../../twin/planted/spec.ts";
import { jobFrame, VirtualHost, write } from "../../twin/virtual-host.ts";
import { syntheticHeaders } from "../jobs.ts";
import { runBitaxe } from "./bitaxe-run.ts";
import { matchedTest, type Observed } from "./matched-tests.test-support.ts";
import { ANSWER_FILE, MANIFEST_FILE, plantSet } from "./plant-set.ts";
import type { PlantedRecording, RunOptions } from "./planted-recording.ts";
import { runS9 } from "./s9-run.ts";
import { unseal } from "./unseal.ts";

const WORK_SCALE = { bitaxe: 24, s9: 26 };

function record(board: RunOptions["board"], chips: number, seconds: number, secret: string, plant: PlantSpec): PlantedRecording {
  const options = { board, chips, seconds, secret, plant, workScale: WORK_SCALE[board] };
  return board === "s9" ? runS9(options) : runBitaxe(options);
}

function observed({ nonces, drive }: PlantedRecording, workScale: number): Observed {
  const rows = Array.from({ length: nonces.length }, (_, i) => i).filter(
    (i) => nonces.status[i] === STATUS.valid && !Number.isNaN(nonces.residualNs[i]),
  );
  const column = (pick: (row: number) => number) => rows.map(pick);
  return {
    tNs: column((i) => Number(nonces.tNs[i])),
    chip: column((i) => nonces.chip[i] as number),
    core: column((i) => nonces.core[i] as number),
    excess: column((i) => (nonces.difficultyLog2[i] as number) + workScale),
    residualNs: column((i) => nonces.residualNs[i] as number),
    drive,
  };
}

/** Strengths at which 20 s of one chip (90 nonces a second; coupling: 60 s of four) give the effect away many times over. */
const CASES: readonly { effect: EffectName; kind: string; chips: number; seconds: number; strength: number }[] = [
  { effect: "memory", kind: "thermal", chips: 1, seconds: 20, strength: 0.3 },
  { effect: "memory", kind: "kernel", chips: 1, seconds: 20, strength: 0.3 },
  { effect: "line", kind: "timing", chips: 1, seconds: 20, strength: 0.3 },
  { effect: "line", kind: "rate", chips: 1, seconds: 20, strength: 0.5 },
  { effect: "leakage", kind: "correlation", chips: 1, seconds: 20, strength: 0.3 },
  { effect: "coupling", kind: "neighbours", chips: 4, seconds: 60, strength: 0.5 },
  { effect: "fingerprint", kind: "cores", chips: 1, seconds: 20, strength: 0.5 },
  { effect: "early-abort", kind: "precursor", chips: 1, seconds: 20, strength: 0.8 },
];

describe("a planted effect behind a Bitaxe twin's wire", () => {
  it.each(CASES)("$effect, $kind: is found", ({ effect, kind, chips, seconds, strength }) => {
    const recording = record("bitaxe", chips, seconds, "core", { effect, kind, strength, secret: "planted in the core" });
    expect(matchedTest(effect, kind, observed(recording, WORK_SCALE.bitaxe), lcg32(1)).p).toBeLessThan(0.02);
  });

  it("its nulls give uniform p-values", () => {
    const p = CASES.filter(({ effect }) => effect !== "coupling").flatMap(({ effect, kind, chips }) =>
      Array.from({ length: 8 }, (_, i) => {
        const recording = record("bitaxe", chips, 6, `core ${i}`, { effect, kind, strength: 0, secret: `null in the core ${i}` });
        return matchedTest(effect, kind, observed(recording, WORK_SCALE.bitaxe), lcg32(i)).p;
      }),
    );
    expect(ksTest(p, (x) => x).pValue).toBeGreaterThan(0.01);
  });

  it("leaves the nonces what they are: all verify, and they are those of its null", () => {
    const nonces = (strength: number) => record("bitaxe", 2, 5, "same", { effect: "leakage", strength, secret: "s" }).nonces;
    const [planted, none] = [nonces(0.9), nonces(0)];
    expect(planted.status.every((status) => status === STATUS.valid)).toBe(true);
    expect([...planted.nonce].sort()).toEqual([...none.nonce].sort());
    expect([...planted.residualNs]).not.toEqual([...none.residualNs]);
  });

  it("does not depend on how time is cut", () => {
    const frames = (tickMs: number) => {
      const spec: PlantSpec = { effect: "early-abort", strength: 0.7, secret: "cut" };
      const host = new VirtualHost({ chips: 4, planted: plantedEffect(spec, { chips: 4, drive: DRIVE_RANGE.bitaxe }) });
      host.bringUp(485);
      host.send(jobFrame({ ...syntheticHeaders(1).next().value, id: 8 }), write(0x54, 3));
      return host.run(1500, tickMs).map(({ startNs, bytes }) => `${Math.round(startNs)} ${Buffer.from(bytes).toString("hex")}`);
    };
    expect(frames(1500).length).toBeGreaterThan(100);
    expect(frames(0.7)).toEqual(frames(1500));
  });
});

describe("a planted effect behind an S9 twin's wire", () => {
  it("is found as well, and its null is not", () => {
    const p = (strength: number) => {
      const recording = record("s9", 4, 60, "s9 core", { effect: "leakage", strength, secret: "s9" });
      expect(recording.nonces.status.every((status) => status === STATUS.valid)).toBe(true);
      return matchedTest("leakage", "correlation", observed(recording, WORK_SCALE.s9), lcg32(2)).p;
    };
    expect(p(0.3)).toBeLessThan(0.02);
    expect(p(0)).toBeGreaterThan(0.02);
  });
});

describe("a set of planted recordings", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const plant = (overrides: Partial<Parameters<typeof plantSet>[0]> = {}) => {
    const out = mkdtempSync(path.join(tmpdir(), "planted-"));
    folders.push(out);
    const spec: PlantSpec = { effect: "early-abort", strength: 0.6, secret: "a long enough secret" };
    plantSet({ plant: spec, board: "bitaxe", chips: 1, seconds: 2, count: 4, nullShare: 0.5, out, ...overrides });
    return out;
  };

  it("says in the answer, and nowhere else, what is planted where", () => {
    const out = plant();
    const { answer, files } = unseal(path.join(out, ANSWER_FILE), "a long enough secret");
    expect(answer.recordings.map(({ recording }) => recording)).toEqual(["recording-1", "recording-2", "recording-3", "recording-4"]);
    expect(answer.recordings.filter(({ planted }) => planted)).toHaveLength(2);
    for (const { planted, strength } of answer.recordings) expect(strength).toBe(planted ? 0.6 : 0);
    expect(new Set(Object.values(files))).toEqual(new Set(["as sealed"]));
    for (const name of readdirSync(out)) {
      const text = readFileSync(path.join(out, name), "utf8");
      for (const word of ["early-abort", "precursor", "strength", "0.6,", "a long enough secret"]) expect(text, name).not.toContain(word);
    }
  });

  it("is the same again with the same secret, but for the seal, and says where it comes from", () => {
    const [a, b] = [plant(), plant()];
    for (const name of readdirSync(a).filter((file) => file.endsWith(".csv")))
      expect(readFileSync(path.join(a, name), "utf8")).toBe(readFileSync(path.join(b, name), "utf8"));
    const [one, two] = [a, b].map((out) => JSON.parse(readFileSync(path.join(out, MANIFEST_FILE), "utf8")));
    expect(one).toMatchObject({ origin: "twin", board: "bitaxe", chips: 1 });
    expect(one.commitment).not.toBe(two.commitment);
  });

  it("draws drive and jobs of a planted recording as it draws those of a null", () => {
    const [half, all] = [plant(), plant({ nullShare: 0 })];
    for (const name of ["recording-1.drive.csv", "recording-3.jobs.csv"])
      expect(readFileSync(path.join(half, name), "utf8")).toBe(readFileSync(path.join(all, name), "utf8"));
  });

  it("tells which file somebody changed", () => {
    const out = plant();
    writeFileSync(path.join(out, "recording-2.nonces.csv"), "t_ns\n");
    rmSync(path.join(out, "recording-3.drive.csv"));
    const { files } = unseal(path.join(out, ANSWER_FILE), "a long enough secret");
    expect(files["recording-2.nonces.csv"]).toBe("changed");
    expect(files["recording-3.drive.csv"]).toBe("missing");
    expect(files["recording-1.nonces.csv"]).toBe("as sealed");
  });

  it("does not mix with what is in a folder already", () => {
    const out = plant();
    expect(() => plant({ out })).toThrow(expect.objectContaining({ code: "OUT_NOT_EMPTY" }));
  });

  it("of fingerprints has devices that come again, and differ", () => {
    const out = plant({
      plant: { effect: "fingerprint", strength: 0.5, secret: "several devices here" },
      count: 12,
      nullShare: 0,
      seconds: 1,
    });
    const { answer } = unseal(path.join(out, ANSWER_FILE), "several devices here");
    expect(new Set(answer.recordings.map(({ parameter }) => parameter)).size).toBeGreaterThan(1);
    const delayOf = (device: number, secret: string) =>
      plantedEffect(
        { effect: "fingerprint", strength: 1, parameter: device, secret, deviceSecret: "one factory" },
        { chips: 1, drive: DRIVE_RANGE.bitaxe },
      ).delayNs({ tNs: 0, chip: 0, core: 7, excessBits: 0 });
    expect(delayOf(1, "first run")).toBe(delayOf(1, "second run"));
    expect(delayOf(1, "first run")).not.toBe(delayOf(2, "first run"));
  });
});
