import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HandedFile, handedPath, readHanded } from "./handed-file.ts";
import { HandedOver, type HandedRecord, missingOf, oldestMissing } from "./handed-over.ts";
import { temporaryFolder } from "./store.test-support.ts";

const NOTHING = { nonces: 0, jobs: 0, setPoints: 0, samples: 0, events: 0, lastNonceNs: null };

function counted() {
  let nowMs = 0;
  const kept: HandedRecord[] = [];
  const handed = new HandedOver({ nowMs: () => nowMs, wallMs: () => 1000 + nowMs, logLinesBefore: 0, keep: (record) => kept.push(record) });
  return { handed, last: () => kept.at(-1) as HandedRecord, pass: (ms: number) => (nowMs += ms) };
}

const steps = fc.array(fc.oneof(fc.record({ rows: fc.integer({ min: 1, max: 9 }) }), fc.constantFrom("begin", "succeed", "fail")), {
  maxLength: 60,
});

describe("what was handed over", () => {
  test("whatever commits succeed, fail or are never answered: what is missing is what was handed over since, to the row and to the moment", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { handed, last, pass } = counted();
        // The store's rule: a failed commit's rows go with the next one.
        let waiting: number[] = [];
        let taken: number[] = [];
        let durable: number[] = [];
        let durableNumber = 0;
        let number = 0;
        let at = 0;
        const rows: number[] = [];
        for (const step of list) {
          at++;
          pass(1);
          if (typeof step === "object") {
            handed.accepted(1, "nonces", step.rows, BigInt(at));
            const ids = Array.from({ length: step.rows }, () => rows.push(at) - 1);
            waiting.push(...ids);
          } else if (step === "begin" && taken.length === 0 && waiting.length > 0) {
            handed.begun(++number);
            taken = waiting;
            waiting = [];
          } else if (step === "succeed" && taken.length > 0) {
            handed.committed(number);
            durable = [...durable, ...taken];
            durableNumber = number;
            taken = [];
          } else if (step === "fail" && taken.length > 0) {
            handed.failed(number);
            waiting = [...taken, ...waiting];
            taken = [];
          }
        }
        if (rows.length === 0) return;
        // Killed. A commit under way may be there or not.
        for (const landed of [false, true]) {
          const there = landed ? [...durable, ...taken] : durable;
          const lost = landed ? waiting : [...taken, ...waiting];
          const oldest = oldestMissing(last(), landed && taken.length > 0 ? number : durableNumber);
          const lastNonceNs = there.length === 0 ? null : String(rows[there.at(-1) as number]);
          const run = last().runs.find((each) => each.run === 1);
          const missing = run === undefined ? null : missingOf(run, { ...NOTHING, nonces: there.length, lastNonceNs });
          expect(missing?.nonces ?? 0).toBe(lost.length);
          expect(oldest?.sinceMs ?? null).toBe(lost.length === 0 ? null : rows[lost[0] as number]);
          if (lost.length > 0) expect(missing).toMatchObject({ afterNs: lastNonceNs, lastNs: String(rows.at(-1)) });
        }
      }),
    );
  });

  test("the next commit's oldest row is that of a failed one; rows that nothing was begun for have an age, others none", () => {
    const { handed, pass } = counted();
    expect(handed.begun(1)).toBeNull();
    pass(5);
    handed.accepted(1, "jobs", 1);
    pass(5);
    handed.accepted(1, "samples", 1);
    expect(handed.oldestMs).toBe(5);
    expect(handed.begun(2)).toBe(5);
    expect(handed.oldestMs).toBeNull();
    handed.accepted(1, "samples", 1);
    expect(handed.oldestMs).toBe(10);
    handed.failed(2);
    expect(handed.oldestMs).toBe(5);
    expect(handed.begun(3)).toBe(5);
  });
});

describe("why rows wait", () => {
  test("how long the commit before held them up, and the longest time in which nothing happened", () => {
    const { handed, last, pass } = counted();
    handed.accepted(1, "jobs", 1);
    handed.begun(1);
    pass(10);
    handed.accepted(1, "jobs", 1);
    pass(30);
    handed.accepted(1, "jobs", 1);
    pass(5);
    handed.committed(1);
    pass(7);
    handed.begun(2);
    pass(50);
    handed.accepted(1, "jobs", 1);
    expect(last().waiting).toMatchObject([
      { commit: 2, sinceMs: 10, begunMs: 52, heldMs: 35, silentMs: 30 },
      { commit: null, sinceMs: 102 },
    ]);
  });

  test("behind a commit whose answer never came they waited for it all the time", () => {
    const { handed, last, pass } = counted();
    handed.accepted(1, "jobs", 1);
    handed.begun(1);
    handed.accepted(1, "jobs", 1);
    pass(40);
    handed.accepted(1, "jobs", 1);
    expect(oldestMissing(last(), 1)).toMatchObject({ commit: null, heldMs: 40 });
    expect(oldestMissing(last(), 0)).toMatchObject({ commit: 1, heldMs: 0 });
  });
});

describe("the file it survives in", () => {
  const record: HandedRecord = { atMs: 1.5, atWallMs: 2, logLinesBefore: 3, turnedAway: 4, runs: [{ run: 1, ...NOTHING }], waiting: [] };

  test("what was written last is read, a shorter record over a longer one too, and it is of this boot", () => {
    const path = join(temporaryFolder(), "t.db");
    const file = new HandedFile(path);
    expect(readHanded(path)).toBeNull();
    file.write({ ...record, runs: Array.from({ length: 40 }, (_, run) => ({ run, ...NOTHING })) });
    file.write(record);
    expect(readHanded(path)).toEqual({ record, sameBoot: true });
    file.close();
    expect(readHanded(path)?.record).toEqual(record);
  });

  test("one damaged bit, a cut or a missing file tell nothing", () => {
    const path = join(temporaryFolder(), "t.db");
    const file = new HandedFile(path);
    file.write(record);
    file.close();
    const whole = readFileSync(handedPath(path));
    const end = whole.indexOf("\n");
    for (let at = 0; at < end; at++) {
      writeFileSync(handedPath(path), Buffer.from(whole).fill((whole[at] as number) ^ 1, at, at + 1));
      expect(readHanded(path), `byte ${at}`).toBeNull();
    }
    writeFileSync(handedPath(path), whole.subarray(0, end - 1));
    expect(readHanded(path)).toBeNull();
    rmSync(handedPath(path));
    expect(readHanded(path)).toBeNull();
  });

  test("a removed file tells nothing, and one that cannot be made costs nothing but itself", () => {
    const folder = temporaryFolder();
    const path = join(folder, "t.db");
    const file = new HandedFile(path);
    file.write(record);
    file.remove();
    expect(readHanded(path)).toBeNull();
    const nowhere = new HandedFile(join(folder, "none", "t.db"));
    nowhere.write(record);
    nowhere.remove();
  });
});
