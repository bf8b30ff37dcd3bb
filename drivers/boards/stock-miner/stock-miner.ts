/** A miner with its maker's firmware, or Braiins OS, over cgminer's API on port 4028: what it says. What it can be told is apply.ts. */
import { z } from "zod";
import { DriverError } from "../../../common/errors.ts";
import type { Origin } from "../../../common/origin.ts";
import { API_LIMITS, type ApiAddress, type ApiAnswer, type ApiLimits, ask, notAnAnswer } from "./api-client.ts";
import { type Knobs, knobsOfHelp } from "./knobs.ts";
import { type ChainsState, chainsOf, deviceDetails, statsSection, summary, version } from "./state.ts";

export interface StockMinerInfo {
  readonly origin: Origin;
  readonly type: string | null;
  readonly program: string | null;
  readonly firmware: string | null;
  readonly summary: z.output<typeof summary>;
  /** null: this firmware's stats name no chains. */
  readonly chains: ChainsState | null;
  /** Of each device, as `devdetails` has it; null when it does not say, or does not to us. */
  readonly voltagesMv: readonly (number | null)[] | null;
  /** What its answers had to be mended of. */
  readonly mended: readonly string[];
}

const check = z.array(z.looseObject({ Exists: z.enum(["Y", "N"]), Access: z.enum(["Y", "N"]) })).min(1);

/** Errors of every method: those of `ask`, and STOCK_MINER_REFUSED when the miner says no. */
export class StockMiner {
  readonly #address: ApiAddress;
  readonly #limits: ApiLimits;

  constructor(address: ApiAddress, limits: Partial<ApiLimits> = {}) {
    this.#address = address;
    this.#limits = { ...API_LIMITS, ...limits };
  }

  async info(): Promise<StockMinerInfo> {
    const versionAnswer = await this.#ask("version");
    const summaryAnswer = await this.#ask("summary");
    const statsAnswer = await this.#ask("stats");
    const details = await ask(this.#address, "devdetails", null, this.#limits);
    const about = section(versionAnswer, "VERSION", z.array(version).min(1), "version")[0];
    const said = section(summaryAnswer, "SUMMARY", z.array(summary).min(1), "summary")[0];
    const stats = section(statsAnswer, "STATS", statsSection, "stats");
    if (about === undefined || said === undefined) throw notAnAnswer("summary", "empty", { ...this.#address });
    const type = about.type ?? stats.map(({ Type }) => Type).find((each) => typeof each === "string") ?? null;
    // Stock firmware does not let everybody read its details: then there are none.
    const voltages = details.status.STATUS === "S" ? section(details, "DEVDETAILS", z.array(deviceDetails), "devdetails") : [];
    return {
      origin: about.origin,
      type: typeof type === "string" ? type : null,
      program: about.program,
      firmware: about.miner,
      summary: said,
      chains: chainsOf(stats),
      voltagesMv: voltages.some(({ voltageMv }) => voltageMv !== null) ? voltages.map(({ voltageMv }) => voltageMv) : null,
      mended: [...new Set([...versionAnswer.mended, ...summaryAnswer.mended, ...statsAnswer.mended])],
    };
  }

  /** What may be set over this API, in the firmware's words; empty when it allows nothing. */
  async knobs(): Promise<Knobs> {
    const [may] = section(await this.#ask("check", "ascset"), "CHECK", check, "check");
    if (may?.Exists !== "Y" || may.Access !== "Y") return {};
    const help = await ask(this.#address, "ascset", "0,help", this.#limits);
    // Firmware whose chips have nothing to set answers with a warning.
    return help.status.STATUS === "I" || help.status.STATUS === "S" ? knobsOfHelp(help.status.Msg) : {};
  }

  /** ascset of one device. */
  async setOption(device: number, option: string, value: number): Promise<void> {
    await this.#ask("ascset", `${device},${option},${value}`);
  }

  async #ask(command: string, parameter: string | null = null): Promise<ApiAnswer> {
    const answer = await ask(this.#address, command, parameter, this.#limits);
    const { STATUS, Msg, Code } = answer.status;
    if (STATUS === "S" || STATUS === "I") return answer;
    throw new DriverError(
      "STOCK_MINER_REFUSED",
      `The miner refused ${command}: ${Msg.slice(0, 200) || "no reason given"}.`,
      "Its API may be read-only for this host: allow it as W: in api-allow, or use the miner's web page.",
      { command, parameter, code: Code },
    );
  }
}

function section<T>(answer: ApiAnswer, name: string, schema: z.ZodType<T>, command: string): T {
  const checked = schema.safeParse(answer.sections[name]);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw notAnAnswer(command, `no ${name}: ${issue?.path.join(".") || "the whole"} is wrong (${issue?.message ?? "unknown"})`, {});
}
