import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { splitmix64 } from "../../../common/random.ts";
import { plantSet } from "../../planted/plant-set.ts";
import { type BlindFile, blindFile, blindRecordings } from "./files.ts";
import { foreignRecording } from "./foreign-recordings.test-support.ts";
import { blindAnswer } from "./instrument.ts";
import { type Read, readRecording } from "./reading.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "blind-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Uint8Array) => writeFileSync(path.join(folder, name), content);
const readOf = ({ read }: BlindFile): Read => {
  if ("problem" in read) throw new Error(read.problem);
  return read;
};
const problemOf = async (recording: string) => {
  const { read } = await blindFile(folder, recording);
  return "problem" in read ? read.problem : "";
};
/** Answers of one chip at random times. */
const rows = (count: number, row: (t: number, i: number) => string) => {
  const random = splitmix64(count);
  return Array.from({ length: count }, (_, i) => row(Math.round(1e9 * (i + random.next())), i)).join("\n");
};

describe("sets of `twin plant`", () => {
  it("are read whole, in the order of the manifest, and the key beside them is not", async () => {
    const out = path.join(folder, "set");
    const plant = { effect: "leakage", strength: 0.5, secret: "a secret of the test" } as const;
    plantSet({ plant, board: "bitaxe", chips: 1, seconds: 5, count: 2, nullShare: 0.5, out });
    writeFileSync(path.join(out, "key.csv"), "recording,planted\nrecording-1,true\n");
    expect(blindRecordings(out)).toEqual(["recording-1", "recording-2"]);
    for (const recording of blindRecordings(out)) {
      const { observed, remarks } = readOf(await blindFile(out, recording));
      expect(observed.drive).toHaveLength(10);
      expect(observed.tS.length).toBeGreaterThan(50);
      expect([observed.delayIs, remarks]).toEqual(["residual", []]);
      expect(observed.delay.every(Number.isFinite)).toBe(true);
    }
  });

  it("one that the manifest names and nobody finds has no answer; the others do", async () => {
    put("manifest.json", JSON.stringify({ recordings: ["gone", "here"] }));
    put("here.nonces.csv", `t_ns\n${rows(200, String)}\n`);
    expect(blindRecordings(folder)).toEqual(["gone", "here"]);
    expect(await problemOf("gone")).toMatch(/there is no gone.nonces.csv/);
    expect(readOf(await blindFile(folder, "here")).observed.tS).toHaveLength(200);
  });
});

describe("a folder of somebody else's tables", () => {
  it("every table of answers is a recording; drives, jobs and other files are not", () => {
    for (const name of ["b.csv", "A.CSV", "c.nonces.csv", "c.drive.csv", "c.jobs.csv", "notes.txt", "answer.sealed.json"]) put(name, "");
    expect(blindRecordings(folder)).toEqual(["A", "b", "c"]);
    put("manifest.json", "{ no JSON");
    expect(blindRecordings(folder)).toEqual(["A", "b", "c"]);
  });

  it("a folder without a recording, and what is no folder, are refused", () => {
    for (const where of [folder, path.join(folder, "missing")])
      expect(() => blindRecordings(where)).toThrow(expect.objectContaining({ code: "BLIND_FORMAT" }));
  });

  it.each([
    ["empty", "", /it is empty/],
    ["a heading alone", "t_ns,chip\n", /0 answers that can be used/],
    ["no column of times", `chip,core\n${rows(200, () => "1,2")}`, /no column of times/],
    ["one moment", `t_ns,residual_ns\n${rows(200, (_, i) => `5,${i}`)}`, /at the same time/],
    ["other bytes", Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) % 256), /no text in UTF-8/],
    ["zeroes", new Uint8Array(4096), /no text in UTF-8/],
    ["words", `t_ns,residual_ns\n${rows(200, () => "soon,late")}`, /200 of its 200 rows cannot be read/],
    ["prose", "Dear reader,\nthere is nothing here.\n", /no column of times/],
  ])("%s has no answer, and the reason is said", async (_, content, why) => {
    put("one.csv", content);
    expect(await problemOf("one")).toMatch(why);
  });

  it("a folder by the name of a recording, and one too large to read, have no answer", async () => {
    mkdirSync(path.join(folder, "one.csv"));
    expect(await problemOf("one")).toMatch(/one.csv is no file/);
    put("two.csv", "t_ns\n");
    truncateSync(path.join(folder, "two.csv"), 2 ** 29);
    expect(await problemOf("two")).toMatch(/536870912 bytes, and 268435456 are the most/);
  });

  it("a last line that was cut off is left out, and said", async () => {
    put("one.csv", `t_ns,residual_ns\n${rows(200, (t, i) => `${t},${i}`)}\n12`);
    const { observed, remarks } = readOf(await blindFile(folder, "one"));
    expect([observed.tS.length, remarks]).toEqual([200, ["left out: 1 rows that cannot be read"]]);
  });

  it("repeats, and answers that are not valid, are left out and said", async () => {
    const status = (i: number) => (i === 3 ? "invalid" : i === 7 ? "duplicate" : "valid");
    put("one.csv", `t_ns,nonce,status\n${rows(200, (t, i) => `${t},${Math.min(i, 198)},${status(i)}`)}`);
    const { observed, remarks } = readOf(await blindFile(folder, "one"));
    expect([observed.tS.length, remarks]).toEqual([
      197,
      ["left out: 1 answers that are not valid", "left out: 2 answers that had come before"],
    ]);
  });

  it("whatever bytes a file holds, there is one answer or one reason", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.constantFrom("", "t_ns,u\n", "timestamp\n"), async (bytes, heading) => {
        put("one.csv", Buffer.concat([Buffer.from(heading), bytes]));
        expect(await problemOf("one")).not.toBe("");
      }),
      { numRuns: 50 },
    );
  });
});

describe("times", () => {
  const lengthOf = (heading: string, cell: (t: number) => string) => {
    const { observed } = readRecording(Buffer.from(`${heading}\n${rows(200, (t) => cell(t / 1e9))}`), null);
    return (observed.tS.at(-1) as number) - (observed.tS[0] as number);
  };
  const began = 1_760_000_000;
  it.each([
    ["time_us", (s: number) => String(s * 1e6)],
    ["t_s", String],
    ["timestamp", (s: number) => String(began + s)],
    ["timestamp", (s: number) => String(1e3 * (began + s))],
    ["timestamp", (s: number) => (BigInt(Math.round(1e6 * s)) * 1000n + BigInt(began) * 1_000_000_000n).toString()],
    ["Time", (s: number) => new Date(1e3 * (began + s)).toISOString()],
  ])("%s: in any unit", (heading, cell) => {
    expect(Math.abs(lengthOf(heading, cell) - lengthOf("t_ns", (s) => String(1e9 * s)))).toBeLessThan(0.002);
  });
});

describe("recordings of a laboratory that knows nothing of the twin", () => {
  const answerOf = (seed: number, effect: Parameters<typeof foreignRecording>[1]) => {
    const { nonces, drive } = foreignRecording(seed, effect, 3000);
    return blindAnswer(readRecording(Buffer.from(nonces), Buffer.from(drive)).observed);
  };

  it("drifts, dead time, polling, repeats, a crystal that is off and changes of difficulty are no finding (24 nulls, seeds 9001 to 9024)", () => {
    const found = Array.from({ length: 24 }, (_, i) => answerOf(9001 + i, null)?.planted);
    expect(found).not.toContain(undefined);
    expect(found.filter(Boolean).length).toBeLessThan(4);
  });

  it.each(["line", "rate line", "leakage", "cores", "precursor"] as const)("a planted %s is found among them", (effect) => {
    const found = Array.from({ length: 4 }, (_, i) => answerOf(9101 + i, effect)?.planted);
    expect(found.filter(Boolean).length).toBeGreaterThan(1);
  });
});

describe("tables that would mislead", () => {
  const drive = (of: (step: number) => string) =>
    Buffer.from(`t_ns,u,mhz\n${Array.from({ length: 40 }, (_, step) => of(step)).join("\n")}`);
  const read = (text: string, beside: Buffer | null = null) => readRecording(Buffer.from(text), beside);

  it("the drive is what the chips were told, not what was asked for; without one that varies there is none", () => {
    const nonces = `t_ns,residual_ns\n${rows(200, (t, i) => `${t},${i}`)}`;
    const told = read(
      nonces,
      drive((step) => `${step}e9,${step % 2},${400 + step}`),
    ).observed.drive;
    expect(told.map(({ u }) => Math.round(39 * u))).toEqual(Array.from({ length: 40 }, (_, step) => step));
    expect(
      read(
        nonces,
        drive((step) => `${step}e9,${step % 2},400`),
      ).observed.drive,
    ).toEqual([]);
  });

  it("rows that stand there twice count once, also without nonces", () => {
    const once = rows(200, (t, i) => `${t},${i}`).split("\n");
    const { observed, remarks } = read(`t_ns,residual_ns\n${[...once, ...once].join("\n")}`);
    expect([observed.tS.length, remarks]).toEqual([200, ["left out: 200 answers that had come before"]]);
  });

  it("two columns of one name are refused", () => {
    expect(() => read(`t_ns,residual_ns,Residual_ns\n${rows(200, (t, i) => `${t},${i},0`)}`)).toThrow(
      /two of its columns are called residual_ns/,
    );
  });

  it("the order of columns and rows changes nothing", () => {
    const { nonces, drive: beside } = foreignRecording(17, "cores", 600);
    const cut = nonces.includes(";") ? ";" : ",";
    const turned = nonces
      .trimEnd()
      .split("\n")
      .map((line) => line.split(cut).reverse().join(cut));
    const shuffled = [turned[0], ...turned.slice(1).reverse()].join("\n");
    expect(blindAnswer(read(shuffled, Buffer.from(beside)).observed)).toEqual(blindAnswer(read(nonces, Buffer.from(beside)).observed));
  });
});
