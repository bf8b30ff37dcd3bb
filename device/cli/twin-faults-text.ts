import { FAULT_LAYERS, FAULTS, type Fault, type FaultLayer, type FaultValue } from "../../twin/index.ts";
import { table } from "./table.ts";

const LAYER_TITLES: Readonly<Record<FaultLayer, string>> = {
  link: "LINK: bytes and cable",
  chip: "CHIP",
  board: "BOARD: supply, cooling, sensors, controller, bridge",
  host: "HOST: carried out by the simulation of the whole daemon",
  network: "NETWORK: carried out by the simulation of the whole daemon",
};

function faultsOfLayer(layer: FaultLayer): [string, Fault][] {
  return Object.entries<Fault>(FAULTS).filter(([, fault]) => fault.layer === layer);
}

const boardOf = ({ boards }: Fault) => (boards.length > 1 ? "both" : (boards[0] ?? ""));
const rangeOf = ({ min, max, unit }: FaultValue) => `${min}..${max} ${unit}`;
const takesValue = ({ min, max }: FaultValue) => max > min;

/** All faults by layer, for a terminal. */
export function faultsText(): string {
  const parts = FAULT_LAYERS.map((layer) => {
    const rows = faultsOfLayer(layer).flatMap(([name, fault]) => [
      [
        `${name}${fault.ofChip ? "#chip" : ""}`,
        boardOf(fault),
        ...(takesValue(fault.value) ? [String(fault.value.default), rangeOf(fault.value), fault.value.means] : ["", "", "takes no value"]),
      ],
      ["", "", "", "", `→ ${fault.shows}`],
    ]);
    return `${LAYER_TITLES[layer]}\n${table(["fault", "board", "default", "range", "value, and → what a driver sees"], rows)}\n`;
  });
  return `${parts.join("\n")}\nUse: --fault NAME[=VALUE][#CHIP][@FROM_MS[-UNTIL_MS]], as often as you like; times are the twin's own.\n`;
}

/** The same as tables of docs/twin.md. */
export function faultsMarkdown(): string {
  return FAULT_LAYERS.map((layer) => {
    const rows = faultsOfLayer(layer).map(([name, fault]) => {
      const value = takesValue(fault.value) ? `${fault.value.means}: ${fault.value.default} (${rangeOf(fault.value)})` : "–";
      return `| \`${name}\`${fault.ofChip ? " of one chip" : ""} | ${boardOf(fault)} | ${value} | ${fault.shows} |`;
    });
    return `### ${LAYER_TITLES[layer]}\n\n| fault | board | value: default (range) | a driver sees |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  }).join("\n");
}
