/** The eight numbers one reads from across the room. */
import type { ComponentChildren } from "preact";
import { exact, formatCount, formatFixed, formatHashRate, formatPercent } from "../format.ts";
import { origin, pageStale, readings, readingsStale, setPoint, totals } from "../model/page.ts";

interface FigureProps {
  name: string;
  text: string;
  unit?: string;
  testId: string;
  value: number | null | undefined;
  stale: boolean;
  children?: ComponentChildren;
}

function Figure({ name, text, unit, testId, value, stale, children }: FigureProps) {
  return (
    <div class={`figure ${stale ? "stale" : ""}`}>
      <dt>{name}</dt>
      <dd>
        <span class="figure-value">
          <span data-testid={testId} data-value={exact(value)}>
            {text}
          </span>
          {unit !== undefined && <small> {unit}</small>}
        </span>
        <span class="figure-note">{children}</span>
      </dd>
    </div>
  );
}

export function NumbersPanel() {
  const now = readings.value;
  const point = setPoint.value;
  const counted = totals.value;
  const judged = counted === null ? 0 : counted.valid + counted.invalid;
  const invalid = counted === null || judged === 0 ? null : counted.invalid / judged;
  const rate = formatHashRate(now?.hashRateGhs);
  const expected = formatHashRate(now?.expectedGhs);
  const share = now?.hashRateGhs == null || now.expectedGhs === null || now.expectedGhs <= 0 ? null : now.hashRateGhs / now.expectedGhs;
  const old = readingsStale.value;
  const page = pageStale.value;

  return (
    <section class="numbers" aria-label={`Main numbers, origin ${origin.value ?? "unknown"}`}>
      <dl>
        <Figure name="Verified nonces" text={formatCount(counted?.valid)} testId="nonces-valid" value={counted?.valid} stale={page}>
          {formatCount(counted?.stale)} stale, {formatCount(counted?.duplicate)} duplicate
        </Figure>
        <Figure name="Hash rate" text={rate.text} unit={rate.unit} testId="hashrate" value={now?.hashRateGhs} stale={old}>
          {formatPercent(share)} % of {expected.text} {expected.unit}
        </Figure>
        <Figure name="Invalid" text={formatPercent(invalid)} unit="%" testId="invalid-rate" value={invalid} stale={page}>
          <span data-testid="nonces-invalid" data-value={exact(counted?.invalid)}>
            {formatCount(counted?.invalid)}
          </span>{" "}
          of {formatCount(counted === null ? null : judged)} nonces
        </Figure>
        <Figure name="Power" text={formatFixed(now?.powerW, 2)} unit="W" testId="power" value={now?.powerW} stale={old}>
          {formatFixed(now?.inputVoltageMv == null ? null : now.inputVoltageMv / 1000, 2)} V,{" "}
          {formatFixed(now?.inputCurrentMa == null ? null : now.inputCurrentMa / 1000, 2)} A in
        </Figure>
        <Figure name="Chip" text={formatFixed(now?.chipTempC, 1)} unit="°C" testId="chip-temp" value={now?.chipTempC} stale={old}>
          fan {formatFixed(now?.fanPercent, 0)} %, {formatFixed(now?.fanRpm, 0)} rpm
        </Figure>
        <Figure
          name="Core voltage"
          text={formatFixed(now?.coreVoltageMv, 0)}
          unit="mV"
          testId="core-voltage"
          value={now?.coreVoltageMv}
          stale={old}
        >
          set to {formatFixed(point?.coreVoltageMv, 0)} mV
        </Figure>
        <Figure
          name="Frequency"
          text={formatFixed(point?.frequencyMhz, frequencyDecimals(point?.frequencyMhz))}
          unit="MHz"
          testId="frequency"
          value={point?.frequencyMhz}
          stale={page}
        >
          core clock, set
        </Figure>
        <Figure
          name="Ticket difficulty"
          text={formatFixed(point?.ticketDifficulty, 0)}
          testId="ticket-difficulty"
          value={point?.ticketDifficulty}
          stale={page}
        >
          the least the chip reports
        </Figure>
      </dl>
    </section>
  );
}

function frequencyDecimals(mhz: number | undefined): number {
  return mhz === undefined || Number.isInteger(mhz) ? 0 : 2;
}
