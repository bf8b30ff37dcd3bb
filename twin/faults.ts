export { drawFaults } from "./faults/draw.ts";
export { FAULT_LAYERS, type Fault, type FaultLayer, type FaultValue, TWIN_BOARDS, type TwinBoard } from "./faults/fault.ts";
export { FAULTS, type FaultName, faultNames, faultOf, faultsOf, type HostFaultName, type NetworkFaultName } from "./faults/names.ts";
export { checkFault, checkTwinFault, type FaultSpec } from "./faults/spec.ts";
export { FaultTable, type HoldingFault } from "./faults/table.ts";
