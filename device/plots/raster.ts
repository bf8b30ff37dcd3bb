import { NONCE_STATUSES, STATUS } from "../../common/nonce-batch.ts";
import { linearAxis, wholeAxis } from "./axis.ts";
import { COLOURS, type Figure, PLOT } from "./figure.ts";
import { aboutRun, nothingToPlot, type RunMaterial } from "./material.ts";
import { dots } from "./svg.ts";

/** More dots than this cannot be told apart. */
const MOST_DOTS = 20_000;
const STATUS_COLOURS = [COLOURS.blue, COLOURS.orange, COLOURS.yellow, COLOURS.purple, COLOURS.grey];

/** Each nonce by time and chip; by core where there is one chip. What is not valid is always shown, valid ones as many as can be told apart. */
export function raster(material: RunMaterial): Figure {
  const { rows, tS, chip, core, status, cut } = material;
  if (rows === 0) throw nothingToPlot("raster", material, "Choose a run with nonces: `asic-reservoir runs list`.");
  const byChip = chip.some((value) => value !== 0);
  const lane = byChip ? chip : core;
  const x = linearAxis({ label: "time, s", from: 0, upTo: tS.at(-1) ?? 1, pixels: [PLOT.left, PLOT.right] });
  const lanes = lane.reduce((most, value) => Math.max(most, value), 0) + 1;
  const y = wholeAxis({ label: byChip ? "chip" : "core", from: -0.5, upTo: lanes - 0.5, pixels: [PLOT.bottom, PLOT.top] });
  const every = Math.max(1, Math.ceil(rows / MOST_DOTS));
  const points = NONCE_STATUSES.map((): [number, number][] => []);
  for (let row = 0; row < rows; row++) {
    if (status[row] === STATUS.valid && row % every !== 0) continue;
    points[status[row] as number]?.push([x.at(tS[row] as number), y.at(lane[row] as number)]);
  }
  const shown = NONCE_STATUSES.map((name, at) => ({ name: String(name), colour: STATUS_COLOURS[at] ?? COLOURS.grey, at })).filter(
    ({ at }) => (points[at]?.length ?? 0) > 0,
  );
  return {
    title: "Nonces",
    about: aboutRun(material),
    x,
    y,
    layers: shown.map(({ at, colour }) => dots(points[at] ?? [], colour, at === STATUS.valid ? 2 : 4)),
    legend: shown,
    note: `${cut}${rows} nonces${every > 1 ? `; of the valid ones 1 in ${every} is shown` : ""}.`,
  };
}
