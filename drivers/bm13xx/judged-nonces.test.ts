import { expect, test } from "vitest";
import { allocateNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import { JudgedNonces } from "./judged-nonces.ts";

function batchOf(rows: readonly { readonly tNs: bigint; readonly nonce: number; readonly difficultyLog2: number }[]): NonceBatch {
  const batch = allocateNonces(rows.length);
  rows.forEach(({ tNs, nonce, difficultyLog2 }, row) => {
    batch.tNs[row] = tNs;
    batch.nonce[row] = nonce;
    batch.difficultyLog2[row] = difficultyLog2;
    batch.residualNs[row] = 10 * difficultyLog2;
  });
  return batch;
}

test("a nonce is found by its frame's stamp: the same nonce at another time is another", () => {
  const judged = new JudgedNonces();
  judged.add(
    batchOf([
      { tNs: 5n, nonce: 7, difficultyLog2: 1 },
      { tNs: 6n, nonce: 7, difficultyLog2: 2 },
    ]),
  );
  expect(judged.of(5n, 7)).toEqual({ difficultyLog2: 1, residualNs: 10 });
  expect(judged.of(6n, 7)).toEqual({ difficultyLog2: 2, residualNs: 20 });
  expect(judged.of(6n, 8).difficultyLog2).toBeNaN();
});

test("the latest thousand are kept, however they come", () => {
  const rows = Array.from({ length: 3000 }, (_, at) => ({ tNs: BigInt(at), nonce: at, difficultyLog2: at }));
  const [atOnce, oneByOne] = [new JudgedNonces(), new JudgedNonces()];
  atOnce.add(batchOf(rows));
  for (const row of rows) oneByOne.add(batchOf([row]));
  for (const judged of [atOnce, oneByOne]) {
    expect(judged.of(2999n, 2999).difficultyLog2).toBe(2999);
    expect(judged.of(2000n, 2000).difficultyLog2).toBe(2000);
    expect(judged.of(1900n, 1900).difficultyLog2).toBeNaN();
  }
});
