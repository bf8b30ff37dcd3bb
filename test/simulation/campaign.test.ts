/** A campaign that is cut off goes on where it was. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { type CampaignOptions, runCampaign } from "../../device/simulation/campaign.ts";
import { temporaryFolder } from "../../telemetry/store/store.test-support.ts";

const TIMEOUT_MS = 240_000;

async function campaign(file: string | null, wanted: Partial<CampaignOptions>) {
  const kept: boolean[] = [];
  const summary = await runCampaign({
    board: "bitaxe-ultra",
    minutes: 0.05,
    from: 1,
    seeds: Number.POSITIVE_INFINITY,
    virtualMs: Number.POSITIVE_INFINITY,
    file,
    onSeed: (_, progress) => kept.push(progress.kept),
    ...wanted,
  });
  return { summary, kept };
}

it(
  "a seed that is in the file is not run again, and a line that was cut off is",
  async () => {
    const file = path.join(temporaryFolder(), "outcomes.jsonl");
    const first = await campaign(file, { seeds: 2 });
    expect(first.kept).toEqual([false, false]);
    const text = readFileSync(file, "utf8");
    for (const line of text.trimEnd().split("\n"))
      expect(JSON.parse(line)).toMatchObject({ origin: "twin", scenario: { board: "bitaxe-ultra" } });
    writeFileSync(file, text.slice(0, -100));
    const again = await campaign(file, { seeds: 3 });
    expect(again.kept).toEqual([true, false, false]);
    expect(readFileSync(file, "utf8").startsWith(text)).toBe(true);
    expect(again.summary.virtualMs).toBeGreaterThan(first.summary.virtualMs);
    // Another length is another run.
    expect((await campaign(file, { seeds: 1, minutes: 0.04 })).kept).toEqual([false]);
  },
  TIMEOUT_MS,
);

it(
  "seeds follow until so much virtual time was lived",
  async () => {
    const { summary } = await campaign(null, { virtualMs: 5_000 });
    expect(summary.virtualMs).toBeGreaterThanOrEqual(5_000);
    const last = await campaign(null, { seeds: summary.seeds - 1 });
    expect(last.summary.virtualMs).toBeLessThan(5_000);
  },
  TIMEOUT_MS,
);

it("a file of something else is refused", async () => {
  const file = path.join(temporaryFolder(), "notes.txt");
  appendFileSync(file, "not JSON\n");
  await expect(campaign(file, { seeds: 1 })).rejects.toMatchObject({ code: "SIMULATION_UNREADABLE" });
});
