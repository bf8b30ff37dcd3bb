import { readFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { planHash } from "../../reservoir/verdict/gate/power.ts";
import { readYaml, valuesOf } from "../config/yaml-file.ts";
import { type ExperimentPlan, experimentSchema } from "./plan-schema.ts";

export interface LoadedPlan {
  readonly plan: ExperimentPlan;
  /** Of the plan with all its defaults: what two files mean, not how they are written. */
  readonly hash: string;
}

/** Reads and checks a plan file. ConfigError PLAN_MISSING, CONFIG_SYNTAX, or PLAN_INVALID with everything that is wrong. */
export function loadPlan(file: string): LoadedPlan {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError("PLAN_MISSING", `Cannot read ${file}.`, "Check the path; examples/ has plans to start from.", { file }, cause);
  }
  const plan = parsePlan(text, file);
  const { substrate } = plan;
  if (substrate.kind !== "rig") return { plan, hash: planHash(plan) };
  const config = path.resolve(path.dirname(file), substrate.config);
  // The hash is of the file: where its folder lies has no part in it.
  return { plan: { ...plan, substrate: { ...substrate, config } }, hash: planHash(plan) };
}

/** The same on text; `name` appears in messages. */
export function parsePlan(text: string, name: string): ExperimentPlan {
  const parsed = experimentSchema.safeParse(valuesOf(readYaml(text, name).document, name) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new ConfigError("PLAN_INVALID", `${name}: ${problems.join("; ")}.`, "`asic-reservoir experiment check FILE` checks again.", {
    name,
    problems,
  });
}
