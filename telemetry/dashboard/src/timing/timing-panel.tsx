/** The timing of the nonces of the last minute: residuals, Allan's deviation, CV against its null band, spectrum against its significance line. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type uPlot from "uplot";
import { LineChart } from "../charts/line-chart.tsx";
import { exact, formatCount, formatFixed, formatPercent } from "../format.ts";
import { nonces, nowMs, pageStale } from "../model/page.ts";
import { Panel } from "../panels/panel.tsx";
import { type Allan, allanOf } from "./allan.ts";
import { allanChart, cvChart, histogramChart, spectrumChart } from "./chart-options.ts";
import { type CvBlocks, cvBlocks } from "./cv-blocks.ts";
import { type ResidualHistogram, residualHistogram } from "./residuals.ts";
import { ALPHA, highestOf, type Spectrum, spectrumOf } from "./spectrum.ts";

const histogram = signal<ResidualHistogram | null>(null);
const allan = signal<Allan | null>(null);
const cv = signal<CvBlocks | null>(null);
const spectrum = signal<Spectrum | null>(null);
const seenS = signal(0);

/** One a second in turn, once all are known: each is a few milliseconds at an S9's rate, all at once would cost a frame. */
const TURNS = [
  (): void => {
    histogram.value = residualHistogram(nonces.validSince(performance.now()).residualMs);
  },
  (): void => {
    const { timesMs, residualMs } = nonces.validSince(performance.now());
    allan.value = allanOf(timesMs, residualMs);
  },
  (): void => {
    cv.value = cvBlocks(nonces.validSince(performance.now()).timesMs);
  },
  (): void => {
    spectrum.value = spectrumOf(nonces.validSince(performance.now()).timesMs);
  },
];
const SPECTRUM_POINTS = 400;

function columns(...shown: (readonly number[] | undefined)[]): uPlot.AlignedData {
  const [x = [], ...ys] = shown.map((column) => [...(column ?? [])]);
  return [x, ...ys];
}

export function TimingPanel() {
  useEffect(() => {
    let turn = 0;
    return nowMs.subscribe(() => {
      // Without a daemon the last that was known stays, shown as old.
      if (pageStale.peek()) return;
      seenS.value = nonces.unbrokenMs(performance.now()) / 1000;
      // While one is still unknown there are few nonces: nobody should have to wait for its turn.
      const waiting = [histogram, allan, cv, spectrum].some((one) => one.peek() === null);
      for (const take of waiting ? TURNS : [TURNS[turn++ % TURNS.length]]) take?.();
    });
  }, []);
  return (
    <Panel id="timing" title="Timing" stale={pageStale.value} note={`valid nonces of the last ${formatFixed(seenS.value, 0)} s`}>
      <div class="timing-charts">
        <Residuals />
        <AllanDeviation />
        <Variation />
        <SpectrumOfTimes />
      </div>
    </Panel>
  );
}

interface ChartProps {
  title: string;
  testId: string;
  value: number | null | undefined;
  /** null: too few nonces yet. */
  facts: ComponentChildren | null;
  waiting: string;
  chart: ComponentChildren;
}

function TimingChart({ title, testId, value, facts, waiting, chart }: ChartProps) {
  return (
    <figure class="timing-chart">
      <figcaption>
        <h3>{title}</h3>
        <p data-testid={testId} data-value={exact(value)}>
          {facts}
        </p>
      </figcaption>
      {facts === null ? <p class="empty">{waiting}</p> : chart}
    </figure>
  );
}

function Residuals() {
  const now = histogram.value;
  return (
    <TimingChart
      title="Residual, ms"
      testId="timing-residual"
      value={now?.medianMs}
      waiting="From 50 residuals on."
      facts={
        now && (
          <>
            median <b>{formatFixed(now.medianMs, 3)}</b>, spread <b>{formatFixed(now.spreadMs, 3)}</b> ms, {formatCount(now.n)} nonces,{" "}
            {formatCount(now.beyond)} beyond
          </>
        )
      }
      chart={
        <LineChart
          label="Histogram of residuals"
          options={histogramChart}
          data={() => columns(histogram.value?.edgeMs, histogram.value?.count)}
        />
      }
    />
  );
}

function AllanDeviation() {
  const now = allan.value;
  const last = (now?.tauS.length ?? 0) - 1;
  const ratio = now === null ? null : (now.deviation[last] as number) / (now.jitterAlone[last] as number);
  return (
    <TimingChart
      title="Allan deviation of the residual"
      testId="timing-allan"
      value={now?.deviation[last]}
      waiting="From 2 s of residuals on."
      facts={
        now && (
          <>
            at {formatFixed(now.tauS[last], 1)} s <b>{(now.deviation[last] as number).toExponential(1)}</b>, {formatFixed(ratio, 1)} × what
            jitter alone gives (dashed)
          </>
        )
      }
      chart={
        <LineChart
          label="Allan deviation by averaging time"
          options={allanChart}
          data={() => columns(allan.value?.tauS, allan.value?.deviation, allan.value?.jitterAlone)}
        />
      }
    />
  );
}

function Variation() {
  const now = cv.value;
  const share = now === null ? null : now.outside / now.cv.length;
  return (
    <TimingChart
      title="CV of intervals"
      testId="timing-cv"
      value={now?.cv.at(-1)}
      waiting="From 128 intervals on."
      facts={
        now && (
          <>
            <b>{formatFixed(now.cv.at(-1), 3)}</b>, {now.outside} of {now.cv.length} blocks of {now.intervals} ({formatPercent(share)} %)
            outside the Poisson band; chance: 5 %
          </>
        )
      }
      chart={
        <LineChart
          label="Coefficient of variation by block, with the 95 % band of a Poisson process"
          options={cvChart}
          data={() => {
            const shown = cv.value;
            if (shown === null) return [[], [], [], []];
            return [[...shown.endS], [...shown.cv], shown.cv.map(() => shown.band[1]), shown.cv.map(() => shown.band[0])];
          }}
        />
      }
    />
  );
}

function SpectrumOfTimes() {
  const now = spectrum.value;
  return (
    <TimingChart
      title="Spectrum of nonce times"
      testId="timing-spectrum"
      value={now?.peak.power}
      waiting="From 10 s and 100 nonces on."
      facts={
        now && (
          <>
            highest <b>{formatFixed(now.peak.power, 1)}</b> at {formatFixed(now.peak.hz, 2)} Hz,{" "}
            {now.peak.significant ? <b class="is-significant">above</b> : "below"} the {formatPercent(ALPHA)} % line of{" "}
            {formatFixed(now.line, 1)}, {formatFixed(now.seconds, 0)} s
          </>
        )
      }
      chart={
        <LineChart
          label="Power by frequency, 1 for a Poisson process, with the line that the highest of all exceeds in one of a hundred"
          options={spectrumChart}
          data={() => {
            const shown = spectrum.value;
            if (shown === null) return [[], [], []];
            const { hz, power } = highestOf(shown, SPECTRUM_POINTS);
            return [hz, power, hz.map(() => shown.line)];
          }}
        />
      }
    />
  );
}
