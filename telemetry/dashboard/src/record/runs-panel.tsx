/** Every run of the record, and two of them beside each other. */
import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { RunSummary } from "../../../messages.ts";
import { formatAge, formatCount, formatDateTime, formatFixed, formatPercent, UNKNOWN } from "../format.ts";
import { clocksText } from "../model/chip-clocks.ts";
import { nowMs, pageStale } from "../model/page.ts";
import { Panel } from "../panels/panel.tsx";
import { ask, type Findings, findings, runs, runsProblem } from "./ask-record.ts";
import { differences, type NonceFigures, nonceFigures } from "./compare.ts";
import { type JsonObject, number, object, text } from "./json.ts";

const PAGE = 10;
/** At most two, in the order in which they were chosen. */
const chosen = signal<readonly number[]>([]);

function choose(id: number, on: boolean): void {
  const others = chosen.value.filter((one) => one !== id);
  chosen.value = on ? [...others, id].slice(-2) : others;
}

export function RunsPanel() {
  const from = useSignal(0);
  const all = runs.value ?? [];
  const start = Math.min(from.value, Math.max(0, all.length - 1));
  const shown = all.slice(start, start + PAGE);
  const [a, b] = chosen.value.map((id) => all.find((run) => run.id === id));
  return (
    <Panel
      id="runs"
      title="Runs"
      stale={pageStale.value}
      note={all.length === 0 ? "" : `${start + 1} to ${start + shown.length} of ${all.length}; choose two to compare`}
      tools={
        all.length > PAGE && (
          <div class="zoom">
            <button type="button" disabled={start === 0} onClick={() => turn(-PAGE)}>
              newer
            </button>
            <button type="button" disabled={start + PAGE >= all.length} onClick={() => turn(PAGE)}>
              older
            </button>
          </div>
        )
      }
    >
      {all.length === 0 ? (
        <p class="empty">{runsProblem.value ?? (runs.value === null ? "Asking the daemon for its record." : "No runs yet.")}</p>
      ) : (
        <table class="runs-table">
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">Compare</span>
              </th>
              <th scope="col">run</th>
              <th scope="col">origin</th>
              <th scope="col">started</th>
              <th scope="col">lasted</th>
              <th scope="col">status</th>
              <th scope="col">note</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </tbody>
        </table>
      )}
      {a !== undefined && b !== undefined && <Comparison key={`${a.id} ${b.id}`} a={a} b={b} />}
    </Panel>
  );

  function turn(by: number): void {
    from.value = Math.max(0, start + by);
  }
}

function lasted(run: RunSummary): string {
  return formatAge((run.endedWallMs ?? nowMs.value) - run.startedWallMs);
}

function RunRow({ run }: { run: RunSummary }) {
  const { id, kind, origin, status, note, startedWallMs } = run;
  return (
    <tr data-testid={`run-row-${id}`} data-value={status} class={chosen.value.includes(id) ? "is-chosen" : ""}>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare run ${id}`}
          checked={chosen.value.includes(id)}
          onChange={(event) => choose(id, event.currentTarget.checked)}
        />
      </td>
      <th scope="row">
        <b>{id}</b> {kind}
      </th>
      <td>
        <span class={`origin-tag origin-${origin}`}>{origin}</span>
      </td>
      <td>{formatDateTime(startedWallMs)}</td>
      <td>{lasted(run)}</td>
      <td class={status === "failed" || status === "interrupted" ? "is-bad" : ""}>{status}</td>
      <td class="run-note">{note}</td>
    </tr>
  );
}

interface Side {
  readonly stored: JsonObject | null;
  readonly figures: NonceFigures | null;
  readonly found: Findings;
}

async function sideOf(run: RunSummary): Promise<Side> {
  const [stored, chunk, found] = await Promise.all([
    ask(`runs/${run.id}`),
    // A run without nonces has no chunk: that is an answer too.
    ask(`runs/${run.id}/nonces?chunk=0`).catch(() => null),
    findings(run),
  ]);
  return { stored: object(stored), figures: nonceFigures(chunk), found };
}

function Comparison({ a, b }: { a: RunSummary; b: RunSummary }) {
  const sides = useSignal<readonly [Side, Side] | null>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    Promise.all([sideOf(a), sideOf(b)]).then(
      (both) => {
        sides.value = both;
      },
      (error: Error) => {
        problem.value = error.message;
      },
    );
  }, []);
  const loaded = sides.value;
  return (
    <section class="comparison" aria-label={`Comparison of runs ${a.id} and ${b.id}`} data-testid="comparison" data-value={loaded !== null}>
      {problem.value !== null && <p>{problem.value}</p>}
      {problem.value === null && loaded === null && <p class="muted">Asking the daemon.</p>}
      {loaded !== null && <ComparisonTable runs={[a, b]} sides={loaded} />}
    </section>
  );
}

function ComparisonTable({ runs: both, sides }: { runs: readonly [RunSummary, RunSummary]; sides: readonly [Side, Side] }) {
  const [one, other] = sides;
  const different = differences(one.stored?.provenance, other.stored?.provenance);
  const line = (name: string, of: (side: Side, run: RunSummary) => ComponentChildren) => (
    <tr key={name}>
      <th scope="row">{name}</th>
      <td>{of(one, both[0])}</td>
      <td>{of(other, both[1])}</td>
    </tr>
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keys
    <section class="evidence-table" aria-label="Comparison" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col" class="comparison-name">
              compared
            </th>
            {both.map((run) => (
              <th key={run.id} scope="col">
                run {run.id}, {run.kind} <span class={`origin-tag origin-${run.origin}`}>{run.origin}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {line("status", (_side, run) => `${run.status}, ${lasted(run)}`)}
          {line("nonces stored", ({ stored }) => formatCount(number(stored?.nonces)))}
          {line("software", ({ stored }) => text(stored?.software) ?? UNKNOWN)}
          {line("verdict", ({ found }) => found.verdicts.map(({ claim, answer }) => `${claim}: ${answer}`).join("; ") || "none")}
          {line("from its first nonces", ({ figures }) =>
            figures === null ? "none stored" : `${formatCount(figures.rows)} in ${formatFixed(figures.seconds, 1)} s`,
          )}
          {line("valid a second", ({ figures }) => formatFixed(figures?.perSecond, 2))}
          {line("invalid, 95 %", ({ figures }) => shareText(figures))}
          {line("CV of intervals", ({ figures }) =>
            figures?.cv == null
              ? UNKNOWN
              : `${formatFixed(figures.cv.mean, 3)}, ${figures.cv.outside} of ${figures.cv.blocks} blocks of ${figures.cv.intervals} outside the Poisson band`,
          )}
          {line("residual", ({ figures }) =>
            figures?.residual == null
              ? UNKNOWN
              : `median ${formatFixed(figures.residual.medianMs, 3)}, spread ${formatFixed(figures.residual.spreadMs, 3)} ms`,
          )}
          {line("chip clocks", ({ found }) => clocksText(found.clocks))}
          {different.map(({ path, a, b }) => (
            <tr key={path} class="is-setting">
              <th scope="row">{path}</th>
              <td>{a ?? UNKNOWN}</td>
              <td>{b ?? UNKNOWN}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="footnote">
        {different.length === 0
          ? "Both were made in the same way."
          : `Settings that differ: ${different.length}; those that do not are left out.`}
      </p>
    </section>
  );
}

function shareText(figures: NonceFigures | null): string {
  const share = figures?.invalidShare ?? null;
  return share === null ? UNKNOWN : `${formatPercent(share.share)} % (${formatPercent(share.low)} to ${formatPercent(share.high)})`;
}
