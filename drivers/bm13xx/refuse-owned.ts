import { DriverError } from "../../common/errors.ts";
import type { Register } from "./register.ts";

/** VALUE_REFUSED for registers that are read only, and for those whose value the chain itself relies on: they are set through its own methods. */
export function refuseOwned(register: Register, owned: readonly Register[], methods: string): void {
  const readOnly = register.access === "r";
  if (!readOnly && !owned.some(({ address }) => address === register.address)) return;
  const why = readOnly ? "read only" : "set by the chain itself";
  throw new DriverError("VALUE_REFUSED", `${register.name} is ${why}.`, `Use ${methods} or bring the chain up anew.`, {
    register: register.name,
  });
}
