import { describe, expect, it } from "vitest";
import { allocateNonces, STATUS } from "../common/nonce-batch.ts";
import { splitmix64 } from "../common/random.ts";
import { CoreSurvey, silentCoresText } from "./core-survey.ts";

const CORES = Array.from({ length: 10 }, (_, i) => i + 60);

/** n nonces of random chips and cores, but for those that `dead` names. */
function nonces(n: number, chips: number, dead: (chip: number, core: number) => boolean, status: number = STATUS.valid) {
  const random = splitmix64(n);
  const batch = allocateNonces(n);
  for (let row = 0; row < n; ) {
    const chip = Math.floor(random.next() * chips);
    const core = CORES[Math.floor(random.next() * CORES.length)] as number;
    if (dead(chip, core)) continue;
    batch.chip[row] = chip;
    batch.core[row] = core;
    batch.status[row++] = status;
  }
  return batch;
}

describe("the survey of cores", () => {
  it("names the silent cores of each chip, and no other", () => {
    const survey = new CoreSurvey();
    survey.add(nonces(1200, 4, (chip, core) => chip === 2 && (core === 63 || core === 69)));
    expect(survey.silent(4, CORES)).toEqual([{ chip: 2, cores: [63, 69] }]);
    expect(silentCoresText([{ chip: 2, cores: [63, 69] }])).toContain("chip 2: core 63, 69");
  });

  it("says nothing before it can know", () => {
    const survey = new CoreSurvey();
    survey.add(nonces(799, 4, () => false));
    expect(survey.silent(4, CORES)).toBeNull();
    survey.add(nonces(1, 4, () => false));
    expect(survey.silent(4, CORES)).toEqual([]);
  });

  it("a nonce that does not verify does not vouch for its core", () => {
    const survey = new CoreSurvey();
    survey.add(nonces(1200, 4, (chip, core) => chip === 1 && core === 60));
    const wrong = nonces(1, 1, (_, core) => core !== 60, STATUS.invalid);
    wrong.chip[0] = 1;
    survey.add(wrong);
    expect(survey.silent(4, CORES)).toEqual([{ chip: 1, cores: [60] }]);
  });
});
