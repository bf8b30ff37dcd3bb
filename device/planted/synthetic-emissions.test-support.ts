/** What a sweep would hand to a planted effect, drawn at once: nonces at random times from random cores. */
import { splitmix64 } from "../../common/random.ts";
import { DRIVE_RANGE } from "../../twin/planted/memory.ts";
import { seedOf } from "../../twin/planted/scores.ts";
import { type PlantSpec, plantedEffect } from "../../twin/planted/spec.ts";
import type { Observed } from "./matched-tests.test-support.ts";
import type { DriveStep } from "./planted-recording.ts";

const RATE_PER_CHIP_HZ = 60;
const CORES = 112;

/** `nonces` emissions through the effect, and what came out. Times begin at 1 s. */
export function emit(spec: PlantSpec, chips: number, nonces: number): Observed & { readonly emitted: number } {
  const effect = plantedEffect(spec, { chips, drive: DRIVE_RANGE.bitaxe });
  const random = splitmix64(seedOf(spec.secret, "sweep"));
  const { minMhz, maxMhz } = DRIVE_RANGE.bitaxe;
  const drive: DriveStep[] = [];
  const rows = { tNs: [], chip: [], core: [], excess: [], residualNs: [] } as Record<
    "tNs" | "chip" | "core" | "excess" | "residualNs",
    number[]
  >;
  let tNs = 1e9;
  for (let i = 0; i < nonces; i++) {
    tNs += (-Math.log(1 - random.next()) / (RATE_PER_CHIP_HZ * chips)) * 1e9;
    while (1e9 + drive.length * 0.5e9 <= tNs) {
      const u = random.next();
      const atNs = 1e9 + drive.length * 0.5e9;
      drive.push({ tNs: atNs, mhz: minMhz + u * (maxMhz - minMhz), u });
      for (let chip = 0; chip < chips; chip++) effect.setPoint(chip, atNs, minMhz + u * (maxMhz - minMhz));
    }
    const chip = Math.floor(random.next() * chips);
    const core = Math.floor(random.next() * CORES);
    const excess = -Math.log2(1 - random.next());
    const residualNs = effect.delayNs({ tNs, chip, core, excessBits: Math.floor(excess) });
    if (residualNs === null) continue;
    rows.tNs.push(tNs);
    rows.chip.push(chip);
    rows.core.push(core);
    rows.excess.push(excess);
    rows.residualNs.push(residualNs);
  }
  return { ...rows, drive, emitted: nonces };
}
