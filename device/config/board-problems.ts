/** What the board's own table refuses, found without the board: where every board of the kind would refuse it. */
import { AsicError } from "../../common/errors.ts";
import { BITAXE_VARIANTS } from "../../drivers/boards/bitaxe-variants.ts";
import type { BoardLimits } from "../../drivers/boards/board.ts";
import { S9_LIMITS } from "../../drivers/boards/s9-limits.ts";
import { checkSetPoint, tightened } from "../limits.ts";
import type { Loaded } from "./load.ts";
import type { Problem } from "./problem.ts";
import type { Config } from "./schema.ts";

export function boardProblems({ config, values }: Pick<Loaded, "config" | "values">): Problem[] {
  const tables = tablesOf(config);
  const fromOf = (key: string): Problem["from"] => values.find((value) => value.key === key)?.from ?? { kind: "default" };
  const problems: Problem[] = Object.entries(config.limits).flatMap(([name, limit]) => {
    const refusal = refusedByAll(tables, (table) => void tightened(table, { [name]: limit }));
    if (refusal === null) return [];
    const key = `limits.${name}`;
    return [{ key, from: fromOf(key), says: refusal.message.replace(/\.$/, ""), hint: "limits can only be tighter than the board's" }];
  });
  if (problems.length > 0) return problems;
  const limits = tables.map((table) => tightened(table, config.limits));
  for (const [key, coreVoltageMv] of voltagesOf(config)) {
    const refusal = refusedByAll(limits, (table) => checkSetPoint({ ...config.setPoint, coreVoltageMv }, table));
    // A clock that no board allows is said once, with the set-point that has it.
    const own = refusal?.context.what === "frequency" ? "setPoint.frequencyMhz" : key;
    if (refusal !== null && !problems.some((problem) => problem.key === own))
      problems.push({
        key: own,
        from: fromOf(own),
        says: `${own}: ${refusal.message.replace(/\.$/, "")}`,
        hint: "choose a value inside the limits",
      });
  }
  return problems;
}

/** Every core voltage that the configuration asks for by itself. */
function voltagesOf({ setPoint, plan, narma10, computes }: Config): [string, number][] {
  const drives = Object.entries({ narma10, computes }).filter(([name]) => plan.some((item) => item === name));
  return [
    ["setPoint.coreVoltageMv", setPoint.coreVoltageMv],
    ...drives.flatMap(([name, { driveMinMv, driveMaxMv }]): [string, number][] => [
      [`${name}.driveMinMv`, driveMinMv],
      [`${name}.driveMaxMv`, driveMaxMv],
    ]),
  ];
}

function tablesOf({ board }: Config): BoardLimits[] {
  if (board.kind === "s9-hashboard") return [S9_LIMITS];
  const same = BITAXE_VARIANTS.filter(({ chips }) => chips === board.chips);
  return (same.length > 0 ? same : BITAXE_VARIANTS).map(({ limits }) => limits);
}

/** The first refusal, when there is no table that allows it. */
function refusedByAll(tables: readonly BoardLimits[], attempt: (table: BoardLimits) => void): AsicError | null {
  let first: AsicError | null = null;
  for (const table of tables) {
    try {
      attempt(table);
      return null;
    } catch (error) {
      if (!(error instanceof AsicError)) throw error;
      first ??= error;
    }
  }
  return first;
}
