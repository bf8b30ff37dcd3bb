/** NARMA-10: while it runs, how far and what goes in; afterwards the verdict, and the test segment against the prediction. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { NarmaProgress, NarmaReport } from "../../../messages.ts";
import { axis, LineChart } from "../charts/line-chart.tsx";
import type { Ink } from "../colour/theme.ts";
import { exact, formatFixed, formatPValue } from "../format.ts";
import { shownStage, verdictText } from "../model/narma-view.ts";
import { narma, origin, pageStale, report, run } from "../model/page.ts";
import { Panel } from "./panel.tsx";

/** Test steps shown before anyone zooms: enough to see the shape, few enough to tell the lines apart. */
const FIRST_VIEW = 150;

export function NarmaPanel() {
  const progress = narma.value;
  const done = report.value;
  const stage = shownStage(progress, done, run.value);
  return (
    <Panel
      id="narma"
      title="NARMA-10"
      stale={pageStale.value}
      note={
        stage === "progress"
          ? (run.value?.status ?? "")
          : done === null
            ? ""
            : `${done.mode === undefined ? "" : `${done.mode.name}, `}seed ${done.seed}, ${formatFixed(done.train, 0)} train, ${formatFixed(done.test, 0)} test steps of ${formatFixed(done.stepMs, 0)} ms`
      }
    >
      {stage === "progress" && progress !== null && <Running progress={progress} />}
      {stage === "report" && done !== null && <Verdict report={done} />}
      {stage === "nothing" && <p class="empty">No run yet. Progress, then the verdict with its chart, appear here.</p>}
    </Panel>
  );
}

function Running({ progress }: { progress: NarmaProgress }) {
  const last = progress.recent.at(-1);
  const inWashout = progress.done < progress.washout;
  const finished = progress.done >= progress.total;
  const recent = useRef(progress.recent);
  recent.current = progress.recent;
  return (
    <>
      <div class="narma-progress" style={`--washout: ${progress.total > 0 ? progress.washout / progress.total : 0}`}>
        <progress aria-label="Steps done" max={Math.max(1, progress.total)} value={progress.done} />
        <p>
          <b data-testid="narma-done" data-value={progress.done}>
            {formatFixed(progress.done, 0)}
          </b>{" "}
          of {formatFixed(progress.total, 0)} steps,{" "}
          {finished
            ? "training the readout and its controls"
            : inWashout
              ? `washout until ${formatFixed(progress.washout, 0)}`
              : "collecting states"}
        </p>
      </div>
      <ul class="key">
        <li>
          <svg class="swatch" viewBox="0 0 20 4" aria-hidden="true">
            <line x1="0" y1="2" x2="20" y2="2" style="stroke: var(--series-2)" stroke-dasharray="5 3" />
          </svg>
          input u <b>{formatFixed(last?.u, 3)}</b>
        </li>
        <li>
          <svg class="swatch" viewBox="0 0 20 4" aria-hidden="true">
            <line x1="0" y1="2" x2="20" y2="2" style="stroke: var(--series-1)" />
          </svg>
          target y <b>{formatFixed(last?.y, 3)}</b>
        </li>
        <li>
          nonces in step <b>{formatFixed(last?.nonces, 0)}</b>
        </li>
      </ul>
      <LineChart
        label="Recent inputs u and targets y"
        options={(ink) =>
          lines(ink, [
            { stroke: ink.series2, dash: [5, 3], width: 1.2 },
            { stroke: ink.series1, width: 1.8 },
          ])
        }
        data={() => {
          const steps = narma.value?.recent ?? recent.current;
          return [steps.map(({ step }) => step), steps.map(({ u }) => u), steps.map(({ y }) => y)];
        }}
      />
    </>
  );
}

function lines(ink: Ink, series: uPlot.Series[], x: uPlot.Scale = {}): Omit<uPlot.Options, "width" | "height"> {
  return {
    legend: { show: false },
    padding: [8, 14, 0, 0],
    cursor: { y: false, drag: { x: true, y: false, setScale: true }, points: { size: 6 } },
    scales: { x: { time: false, ...x }, y: { range: (_chart, low, high) => [Math.min(0, low ?? 0), Math.max(0.6, (high ?? 0) * 1.08)] } },
    axes: [axis(ink, { size: 22, space: 60, grid: { show: false } }), axis(ink, { size: 38, space: 34 })],
    series: [{}, ...series.map((one): uPlot.Series => ({ points: { show: false }, ...one }))],
  };
}

function Verdict({ report: result }: { report: NarmaReport }) {
  const cursor = useSignal<number | null>(null);
  const chart = useRef<uPlot | null>(null);
  const at = cursor.value;
  const length = result.test_y.length;
  const { beatsTaps, beatsInputOnly } = result;

  const view = (centre: number, span: number): void => {
    const width = Math.min(length - 1, Math.max(10, span));
    const min = Math.min(length - 1 - width, Math.max(0, centre - width / 2));
    chart.current?.setScale("x", { min, max: min + width });
  };
  const current = (): { centre: number; span: number } => {
    const { min, max } = chart.current?.scales.x ?? {};
    return { centre: ((min ?? 0) + (max ?? 0)) / 2, span: (max ?? 0) - (min ?? 0) };
  };
  const zoom = (factor: number, shift: number) => (): void => {
    const { centre, span } = current();
    view(centre + shift * span, span * factor);
  };

  return (
    <>
      <div class="verdict">
        <p class="verdict-text" data-testid="narma-verdict">
          {verdictText(result)}
        </p>
        <dl class="verdict-facts">
          <div>
            <dt>NRMSE (std)</dt>
            <dd data-testid="narma-nrmse" data-value={exact(result.substrate.nrmse)}>
              {formatFixed(result.substrate.nrmse, 3)}
            </dd>
          </div>
          <div>
            <dt>Beat {beatsTaps.taps} linear taps?</dt>
            <dd data-testid="narma-beats-taps" data-value={String(beatsTaps.answer)}>
              {beatsTaps.answer ? "yes" : "no"}{" "}
              <small>
                taps {formatFixed(beatsTaps.tapsNrmse, 3)}, {formatPValue(beatsTaps.pValue)}
              </small>
            </dd>
          </div>
          <div>
            <dt>Beat u(t) alone?</dt>
            <dd>
              {beatsInputOnly.answer ? "yes" : "no"}{" "}
              <small>
                u(t) {formatFixed(beatsInputOnly.inputNrmse, 3)}, {formatPValue(beatsInputOnly.pValue)}
              </small>
            </dd>
          </div>
        </dl>
      </div>
      <div class="chart-line">
        <ul class="key">
          <li>
            <svg class="swatch" viewBox="0 0 20 4" aria-hidden="true">
              <line x1="0" y1="2" x2="20" y2="2" style="stroke: var(--muted)" />
            </svg>
            target <b>{at === null ? "" : formatFixed(result.test_y[at], 3)}</b>
          </li>
          <li>
            <svg class="swatch" viewBox="0 0 20 4" aria-hidden="true">
              <line x1="0" y1="2" x2="20" y2="2" style="stroke: var(--series-1)" />
            </svg>
            prediction, {origin.value} <b>{at === null ? "" : formatFixed(result.predicted[at], 3)}</b>
          </li>
          <li class="muted">{at === null ? "test step" : `test step ${at}`}</li>
        </ul>
        <fieldset class="zoom">
          <legend class="unseen">Zoom the chart</legend>
          <button type="button" aria-label="Earlier" onClick={zoom(1, -0.5)}>
            ‹
          </button>
          <button type="button" aria-label="Later" onClick={zoom(1, 0.5)}>
            ›
          </button>
          <button type="button" aria-label="Zoom in" onClick={zoom(0.5, 0)}>
            +
          </button>
          <button type="button" aria-label="Zoom out" onClick={zoom(2, 0)}>
            −
          </button>
          <button type="button" onClick={() => view(length / 2, length)}>
            all
          </button>
        </fieldset>
      </div>
      <LineChart
        label={`Target and prediction over ${length} test steps`}
        cursor={cursor}
        options={(ink) =>
          lines(
            ink,
            [
              { stroke: ink.muted, width: 1.2 },
              { stroke: ink.series1, width: 1.6 },
            ],
            { range: (_plot, low, high) => [low, high] },
          )
        }
        data={() => {
          const shown = report.value ?? result;
          return [shown.test_y.map((_, step) => step), shown.test_y, shown.predicted];
        }}
        ready={(made) => {
          chart.current = made;
          queueMicrotask(() => view(FIRST_VIEW / 2, FIRST_VIEW));
        }}
      />
    </>
  );
}
