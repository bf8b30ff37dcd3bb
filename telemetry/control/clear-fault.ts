/** A person's word that the cause of a fault was found: the same by the command line and by the API. */
import type { ControlStore, Latch } from "./control-store.ts";

export interface Cleared {
  /** Whose fault it was. */
  readonly rig: string;
  /** That rig's other faults, which still keep its board off. */
  readonly left: readonly Latch[];
}

/** A number is of one rig alone, so that it is enough to name the fault. StoreError FAULT_UNKNOWN when none of `rigs` has it, FAULT_CLEARED. */
export function clearFault(
  store: Pick<ControlStore, "latches" | "clear">,
  rigs: readonly [string, ...string[]],
  { id, reason, wallMs }: { readonly id: number; readonly reason: string; readonly wallMs: number },
): Cleared {
  // Where none has it the first says so.
  const rig = rigs.find((each) => store.latches(each, { all: true }).some((latch) => latch.id === id)) ?? rigs[0];
  store.clear(rig, id, reason.trim(), wallMs);
  return { rig, left: store.latches(rig) };
}
