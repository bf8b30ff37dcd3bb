/** The sweep map: one cell per voltage and frequency, filling in while the sweep runs. Mouse, touch and keyboard all reach the details. */
import { signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { SweepPoint } from "../../../messages.ts";
import { inkOn, toCss } from "../colour/rgb.ts";
import { againstBand, IN_BAND, SEQUENTIAL } from "../colour/scales.ts";
import { exact, formatFixed } from "../format.ts";
import { pageStale, setPoint, sweep } from "../model/page.ts";
import { Panel } from "../panels/panel.tsx";
import { difficulties, layoutSweep, move, operatingPlace, type SweepGrid } from "./layout.ts";
import {
  colourOf,
  describe,
  domainOf,
  lowIsGood,
  QUANTITIES,
  QUANTITY_NAMES,
  type Quantity,
  quantityOf,
  REGIME_LEVELS,
  regimeColour,
  valueText,
} from "./quantity.ts";

const quantity = signal<Quantity>("rate");
const chosenDifficulty = signal<number | null>(null);

export function SweepPanel() {
  const points = sweep.value ?? [];
  const all = difficulties(points);
  const difficulty = all.find((known) => known === chosenDifficulty.value) ?? all.at(-1) ?? null;
  const total = points[0]?.total ?? 0;
  const bad = points.filter((point) => point.status !== "done").length;
  const note = points.length === 0 ? "" : `${points.length} of ${total} points${bad === 0 ? "" : `, ${bad} not valid`}`;
  return (
    <Panel id="sweep" title="Sweep map" stale={pageStale.value} note={note} tools={<QuantityChoice />}>
      {difficulty === null ? (
        <p class="empty">No sweep yet. Voltage by frequency appears here, point by point.</p>
      ) : (
        <>
          {all.length > 1 && <DifficultyChoice all={all} chosen={difficulty} />}
          <SweepGridView grid={layoutSweep(points, difficulty)} points={points} difficulty={difficulty} />
          <ScaleLegend domain={domainOf(quantity.value, points)} />
          <OperatingPoint grid={layoutSweep(points, difficulty)} difficulty={difficulty} />
        </>
      )}
    </Panel>
  );
}

function QuantityChoice() {
  return (
    <fieldset class="choice">
      <legend class="unseen">Colour by</legend>
      {QUANTITIES.map((name) => (
        <label key={name} title={QUANTITY_NAMES[name].long}>
          <input
            type="radio"
            name="sweep-quantity"
            value={name}
            checked={quantity.value === name}
            onChange={() => {
              quantity.value = name;
            }}
          />
          <span>{QUANTITY_NAMES[name].short}</span>
        </label>
      ))}
    </fieldset>
  );
}

function DifficultyChoice({ all, chosen }: { all: number[]; chosen: number }) {
  return (
    <fieldset class="choice">
      <legend>Ticket difficulty</legend>
      {all.map((difficulty) => (
        <label key={difficulty}>
          <input
            type="radio"
            name="sweep-difficulty"
            checked={difficulty === chosen}
            onChange={() => {
              chosenDifficulty.value = difficulty;
            }}
          />
          <span>{formatFixed(difficulty, 0)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Tab reaches one cell, arrows move between cells, Escape closes the tooltip. */
function SweepGridView({ grid, points, difficulty }: { grid: SweepGrid; points: readonly SweepPoint[]; difficulty: number }) {
  const here = operatingPlace(grid, difficulty, setPoint.value);
  const table = useRef<HTMLTableElement>(null);
  const focus = useSignal({ row: 0, column: 0 });
  const open = useSignal<{ row: number; column: number } | null>(null);
  const domain = domainOf(quantity.value, points);
  const newest = points.reduce((latest, point) => Math.max(latest, point.index), -1);
  const rows = grid.voltagesMv.length;
  const columns = grid.frequenciesMhz.length;

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") open.value = null;
    const next = move(focus.value, event.key, rows, columns);
    if (next === null) return;
    event.preventDefault();
    focus.value = next;
    table.current?.querySelector<HTMLElement>(`[data-place="${next.row}-${next.column}"]`)?.focus();
  };
  const shown = open.value === null ? null : (grid.rows[open.value.row]?.[open.value.column] ?? null);

  return (
    <div class="sweep-grid">
      <table ref={table} aria-label={`Sweep map, ${QUANTITY_NAMES[quantity.value].long}`}>
        <tbody>
          {grid.rows.map((row, rowIndex) => (
            <tr key={grid.voltagesMv[rowIndex]}>
              <th scope="row">{formatFixed(grid.voltagesMv[rowIndex], 0)}</th>
              {row.map((point, column) => (
                <Cell
                  key={grid.frequenciesMhz[column]}
                  point={point}
                  domain={domain}
                  newest={point?.index === newest}
                  operating={here?.row === rowIndex && here.column === column}
                  place={`${rowIndex}-${column}`}
                  onKeyDown={onKeyDown}
                  reachable={focus.value.row === rowIndex && focus.value.column === column}
                  show={() => {
                    open.value = { row: rowIndex, column };
                  }}
                  take={() => {
                    focus.value = { row: rowIndex, column };
                  }}
                  hide={() => {
                    open.value = null;
                  }}
                />
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th class="corner">mV \ MHz</th>
            {grid.frequenciesMhz.map((frequency) => (
              <th key={frequency} scope="col">
                {formatFixed(frequency, Number.isInteger(frequency) ? 0 : 1)}
              </th>
            ))}
          </tr>
        </tfoot>
      </table>
      {shown !== null && open.value !== null && (
        <div
          class={`tooltip ${open.value.row < rows / 2 ? "is-below" : "is-above"}`}
          role="tooltip"
          id="sweep-tooltip"
          style={`--row: ${(open.value.row + 0.5) / (rows + 0.6)}; --column: ${(open.value.column + 0.5) / columns}`}
        >
          {describe(shown).map((line, index) => (index === 0 ? <b key={line}>{line}</b> : <span key={line}>{line}</span>))}
        </div>
      )}
    </div>
  );
}

interface CellProps {
  point: SweepPoint | null;
  domain: [number, number];
  newest: boolean;
  /** The board works here now. */
  operating: boolean;
  place: string;
  reachable: boolean;
  onKeyDown(event: KeyboardEvent): void;
  show(): void;
  take(): void;
  hide(): void;
}

function Cell({ point, domain, newest, operating, place, reachable, onKeyDown, show, take, hide }: CellProps) {
  const colour = point === null || point.status !== "done" ? null : colourOf(quantity.value, point, domain);
  const kind = point === null ? "is-unknown" : point.status === "done" ? (colour === null ? "is-blank" : "") : "is-hatched";
  const value = point === null || point.status !== "done" ? null : quantityOf(quantity.value, point);
  const text = point === null ? "" : point.status === "done" ? valueText(quantity.value, value) : point.status === "invalid" ? "✕" : "skip";
  const inWords = point === null ? ["not measured yet"] : describe(point);
  // What is read in the cell comes first: who speaks to the page names it so.
  if (point?.status === "done") inWords.unshift(`${QUANTITY_NAMES[quantity.value].short} ${text}`);
  const style = colour === null ? "" : `background: ${toCss(colour)}; color: ${inkOn(colour)}`;
  return (
    <td>
      <button
        type="button"
        class={`cell ${kind} ${newest ? "is-newest" : ""}`}
        data-place={place}
        {...(point === null
          ? {}
          : {
              "data-testid": `sweep-cell-${point.index}`,
              "data-status": point.status,
              "data-value": exact(value),
              "aria-describedby": "sweep-tooltip",
            })}
        tabIndex={reachable ? 0 : -1}
        aria-label={`${operating ? "operating point; " : ""}${inWords.join("; ")}`}
        data-operating={operating}
        style={style}
        onPointerEnter={show}
        onPointerLeave={hide}
        onClick={show}
        onFocus={() => {
          take();
          show();
        }}
        onBlur={hide}
        onKeyDown={onKeyDown}
      >
        {text}
        {operating && <OperatingMark />}
      </button>
    </td>
  );
}

function RegimeLegend() {
  return (
    <div class="scale">
      <span class="scale-name">{QUANTITY_NAMES.regime.long}</span>
      {REGIME_LEVELS.map((regime) => (
        <span key={regime} class="scale-end">
          <span class="regime-swatch" style={`background: ${toCss(regimeColour(regime))}`} aria-hidden="true" /> {regime}
        </span>
      ))}
      <span class="scale-end">
        <span class="hatch-swatch" aria-hidden="true" /> not valid
      </span>
    </div>
  );
}

function OperatingMark() {
  return (
    <svg class="operating-mark" viewBox="0 0 12 12" aria-hidden="true">
      <circle cx="6" cy="6" r="4.6" />
      <circle class="operating-dot" cx="6" cy="6" r="1.8" />
    </svg>
  );
}

function OperatingPoint({ grid, difficulty }: { grid: SweepGrid; difficulty: number }) {
  const now = setPoint.value;
  if (now === null) return null;
  const onMap = operatingPlace(grid, difficulty, now) !== null;
  return (
    <p class="scale" data-testid="operating-point" data-value={onMap ? "on the map" : "elsewhere"}>
      <OperatingMark />
      <span>
        operating point: {formatFixed(now.coreVoltageMv, 0)} mV, {formatFixed(now.frequencyMhz, 0)} MHz, difficulty{" "}
        {formatFixed(now.ticketDifficulty, 0)}
        {onMap ? "" : ", not on this map"}
      </span>
    </p>
  );
}

function ScaleLegend({ domain }: { domain: [number, number] }) {
  const { long, unit } = QUANTITY_NAMES[quantity.value];
  const isCv = quantity.value === "cv";
  if (quantity.value === "regime") return <RegimeLegend />;
  const bar = isCv
    ? `linear-gradient(to right, ${[-1, -0.02].map((x) => toCss(againstBand(x, [0, 1]))).join(", ")} 38%, ${toCss(IN_BAND)} 38% 62%, ${[
        1.02, 2,
      ]
        .map((x) => toCss(againstBand(x, [0, 1])))
        .join(" 62%, ")})`
    : `linear-gradient(to ${lowIsGood(quantity.value) ? "left" : "right"}, ${SEQUENTIAL.map(toCss).join(", ")})`;
  return (
    <div class="scale">
      <span class="scale-name">
        {long}
        {unit === "" ? "" : `, ${unit}`}
      </span>
      <span class="scale-end">{isCv ? "below band" : valueText(quantity.value, domain[0])}</span>
      <span class="scale-bar" style={`background: ${bar}`} />
      <span class="scale-end">{isCv ? "above band" : valueText(quantity.value, domain[1])}</span>
      <span class="scale-end">
        <span class="hatch-swatch" aria-hidden="true" /> not valid
      </span>
    </div>
  );
}
