import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { type Matrix, matrix } from "../../matrix.ts";
import { legendreColumns } from "../../properties/legendre.ts";
import { crossPredict, crossPredictBeyond } from "./cross-predict.ts";

const SETTINGS = { blocks: 5, gap: 10 };

function of(columns: readonly (ArrayLike<number> & Iterable<number>)[]): Matrix {
  const rows = columns[0]?.length ?? 0;
  return matrix(
    rows,
    columns.length,
    Float64Array.from({ length: rows * columns.length }, (_, i) => columns[i % columns.length]?.[Math.floor(i / columns.length)] as number),
  );
}

const squares = (y: Float64Array, predicted: Float64Array) => y.reduce((sum, value, i) => sum + (value - (predicted[i] as number)) ** 2, 0);

/** A drive, its polynomials, and a target that is half the drive's square and half something hidden. */
function scene(seed: number, n = 1000) {
  const random = splitmix64(seed);
  const normal = gaussian(splitmix64(seed + 1));
  const drive = Float64Array.from({ length: n }, () => 2 * random.next() - 1);
  const hidden = Float64Array.from({ length: n }, normal);
  const y = drive.map((value, i) => value ** 2 + 0.3 * (hidden[i] as number));
  return { drive, hidden, y, normal, base: of(legendreColumns(drive, 11)) };
}

describe("cross-prediction beyond the drive", () => {
  it("finds what the states add, however small beside what they share with the drive", async () => {
    const { drive, hidden, y, base } = scene(1);
    const states = of([drive.map((value, i) => 50 * Math.tanh(value) + (hidden[i] as number)), drive.map((value) => value ** 3)]);
    const { base: alone, both } = await crossPredictBeyond(base, states, y, SETTINGS);
    expect(squares(y, both) / squares(y, alone)).toBeLessThan(0.2);
    expect(alone).toEqual(await crossPredict(base, y, SETTINGS));
  });

  it("states that say nothing cost a fraction of what one penalty for all makes them cost", async () => {
    let [own, shared] = [0, 0];
    for (let seed = 1; seed <= 5; seed++) {
      const { y, normal, base } = scene(seed);
      const noise = Array.from({ length: 20 }, () => Float64Array.from(y, normal));
      const { base: alone, both } = await crossPredictBeyond(base, of(noise), y, SETTINGS);
      const columns = Array.from({ length: 11 }, (_, c) => Float64Array.from(y, (__, row) => base.data[row * 11 + c] as number));
      own += squares(y, both) / squares(y, alone) - 1;
      shared += squares(y, await crossPredict(of([...columns, ...noise]), y, SETTINGS)) / squares(y, alone) - 1;
    }
    expect(own).toBeLessThan(0.5 * shared);
  });

  it("a function of the drive adds nothing, and neither does a column that is still while it teaches", async () => {
    const { drive, y, base } = scene(3);
    const late = drive.map((_, i) => (i >= 800 ? i : 0));
    const { base: alone, both } = await crossPredictBeyond(base, of([drive.map(Math.tanh), late]), y, SETTINGS);
    expect(squares(y, both) / squares(y, alone)).toBeGreaterThan(0.98);
    const nothing = await crossPredictBeyond(base, of([drive.map(() => 4)]), y, SETTINGS);
    expect(nothing.both).toEqual(nothing.base);
  });

  it("without columns it is the mean of what was learned from, and the states stand alone", async () => {
    const { hidden, y } = scene(4);
    const mean = await crossPredict(matrix(1000, 0), y, SETTINGS);
    const rest = y.slice(210);
    expect(mean[0]).toBeCloseTo(rest.reduce((sum, value) => sum + value, 0) / rest.length, 12);
    const still = await crossPredictBeyond(of([y.map(() => 7)]), of([hidden]), y, SETTINGS);
    expect(still.base).toEqual(mean);
    expect(squares(y, still.both)).toBeLessThan(squares(y, mean));
  });
});
