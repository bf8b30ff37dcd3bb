import { BOARD_FAULTS } from "./board.ts";
import { CHIP_FAULTS } from "./chip.ts";
import type { Fault, FaultLayer, TwinBoard } from "./fault.ts";
import { HOST_FAULTS } from "./host.ts";
import { LINK_FAULTS } from "./link.ts";
import { NETWORK_FAULTS } from "./network.ts";

/** Everything that can be made to go wrong, by name. */
export const FAULTS = { ...LINK_FAULTS, ...CHIP_FAULTS, ...BOARD_FAULTS, ...HOST_FAULTS, ...NETWORK_FAULTS } as const;

export type FaultName = keyof typeof FAULTS;
export type HostFaultName = keyof typeof HOST_FAULTS;
export type NetworkFaultName = keyof typeof NETWORK_FAULTS;
/** Those a twin carries out. */
export type TwinFaultName = Exclude<FaultName, HostFaultName | NetworkFaultName>;

export function faultNames(): FaultName[] {
  return Object.keys(FAULTS) as FaultName[];
}

export function faultOf(name: FaultName): Fault {
  return FAULTS[name];
}

/** Names of faults of these layers that exist on a board, in the order of the table. */
export function faultsOf(board: TwinBoard, layers: readonly FaultLayer[]): FaultName[] {
  return faultNames().filter((name) => layers.includes(FAULTS[name].layer) && faultOf(name).boards.includes(board));
}
