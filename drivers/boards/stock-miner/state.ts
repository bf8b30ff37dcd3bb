/** What an S9's own firmware says of itself: `summary`, `stats` and `version` of bmminer, cgminer and Braiins' bosminer. */
import { z } from "zod";
import type { Origin } from "../../../common/origin.ts";

/** Numbers that some firmwares send as texts, with blanks. Nothing and other texts are null. */
const loose = z
  .union([z.number(), z.string().max(64)])
  .nullish()
  .transform((value) => {
    if (value === null || value === undefined || (typeof value === "string" && value.trim() === "")) return null;
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
  });

export const summary = z
  .looseObject({
    Elapsed: z.number().nonnegative(),
    "GHS 5s": loose,
    "GHS av": loose,
    "MHS 5s": loose,
    "MHS av": loose,
    Accepted: loose,
    Rejected: loose,
    Stale: loose,
    "Hardware Errors": loose,
    "Difficulty Accepted": loose,
  })
  .transform((said) => ({
    uptimeS: said.Elapsed,
    hashRateGhs: said["GHS 5s"] ?? perThousand(said["MHS 5s"]),
    averageGhs: said["GHS av"] ?? perThousand(said["MHS av"]),
    sharesAccepted: said.Accepted,
    sharesRejected: said.Rejected,
    sharesStale: said.Stale,
    hardwareErrors: said["Hardware Errors"],
    difficultyAccepted: said["Difficulty Accepted"],
  }));

export interface ChainState {
  /** The connector's number: 6, 7, 8 in an S9. */
  readonly chain: number;
  readonly chips: number;
  /** Chips that answer, of the string with an o for each; null when there is none. */
  readonly answering: number | null;
  readonly frequencyMhz: number | null;
  readonly hashRateGhs: number | null;
  readonly hardwareErrors: number | null;
  readonly boardTempC: number | null;
  readonly chipTempC: number | null;
}

export interface ChainsState {
  /** What the whole miner is set to. */
  readonly frequencyMhz: number | null;
  readonly fansRpm: readonly number[];
  readonly chains: readonly ChainState[];
}

const field = z.record(z.string().max(128), z.unknown());
export const statsSection = z.array(field).max(16);

/** The element of `STATS` that has the chains: numbered keys such as chain_acn6, temp2_6. null when there is none. */
export function chainsOf(stats: z.output<typeof statsSection>): ChainsState | null {
  const said = stats.find((element) => Object.keys(element).some((key) => /^chain_acn\d+$/.test(key)));
  if (said === undefined) return null;
  const at = (key: string): number | null => loose.safeParse(said[key]).data ?? null;
  const above0 = (value: number | null) => (value !== null && value > 0 ? value : null);
  const numbers = Object.keys(said)
    .map((key) => Number(/^chain_acn(\d+)$/.exec(key)?.[1] ?? Number.NaN))
    .filter((n) => Number.isInteger(n) && (at(`chain_acn${n}`) ?? 0) > 0)
    .sort((a, b) => a - b);
  const fans = Object.keys(said).filter((key) => /^fan\d+$/.test(key));
  return {
    frequencyMhz: above0(at("frequency")),
    fansRpm: fans.map((key) => at(key) ?? 0).filter((rpm) => rpm > 0),
    chains: numbers.map((n) => ({
      chain: n,
      chips: at(`chain_acn${n}`) as number,
      answering: answering(said[`chain_acs${n}`]),
      frequencyMhz: above0(at(`freq_avg${n}`)),
      hashRateGhs: at(`chain_rate${n}`),
      hardwareErrors: at(`chain_hw${n}`),
      boardTempC: above0(at(`temp${n}`)),
      chipTempC: above0(at(`temp2_${n}`)),
    })),
  };
}

/** An o is a chip that answers, an x one that does not. */
function answering(text: unknown): number | null {
  return typeof text === "string" && /[ox]/.test(text) ? [...text].filter((letter) => letter === "o").length : null;
}

/** `VERSION`: which program and firmware; a twin says what it is. */
export const version = z
  .looseObject({
    API: z.union([z.string().max(64), z.number()]).optional(),
    Type: z.string().max(128).optional(),
    Miner: z.string().max(128).optional(),
    CompileTime: z.string().max(128).optional(),
    origin: z.enum(["hardware", "twin", "recording"]).optional(),
  })
  .transform((said) => ({
    type: said.Type ?? null,
    api: said.API === undefined ? null : String(said.API),
    miner: said.Miner ?? null,
    origin: (said.origin ?? "hardware") as Origin,
    program: PROGRAMS.find((name) => name in said) ?? null,
  }));

/** `DEVDETAILS`. Braiins says volts of the chain there. */
export const deviceDetails = z.looseObject({ Voltage: loose, Frequency: loose }).transform((said) => ({
  voltageMv: said.Voltage === null || said.Voltage <= 0 ? null : said.Voltage < 100 ? said.Voltage * 1000 : said.Voltage,
}));

const PROGRAMS = ["BMMiner", "BOSminer", "BOSer", "CGMiner", "bmminer"] as const;
const perThousand = (value: number | null): number | null => (value === null ? null : value / 1000);
