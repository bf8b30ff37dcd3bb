/** What the runs of this record found out. Each opens to show its evidence: controls, p-values, and where in the record it stands. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RunSummary } from "../../../messages.ts";
import { formatDateTime, formatPValue } from "../format.ts";
import { pageStale } from "../model/page.ts";
import { Panel } from "../panels/panel.tsx";
import { findings, followRuns, runs, runsProblem } from "./ask-record.ts";
import { type EvidenceTable, JUDGED_KINDS, type Verdict } from "./verdicts.ts";

const SHOWN = 8;

export function VerdictsPanel() {
  useEffect(followRuns, []);
  const all = useSignal(false);
  const judged = (runs.value ?? []).filter(({ kind }) => JUDGED_KINDS.includes(kind));
  const shown = all.value ? judged : judged.slice(0, SHOWN);
  return (
    <Panel
      id="verdicts"
      title="Verdicts"
      stale={pageStale.value}
      note={judged.length === 0 ? "" : `${judged.length} judged runs, newest first`}
    >
      {judged.length === 0 ? (
        <p class="empty">
          {runsProblem.value ?? (runs.value === null ? "Asking the daemon for its record." : "No run with a verdict yet.")}
        </p>
      ) : (
        <ul class="verdict-list">
          {shown.map((one) => (
            <JudgedRun key={`${one.id} ${one.status}`} run={one} />
          ))}
        </ul>
      )}
      {judged.length > SHOWN && (
        <button
          type="button"
          class="plain-button"
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? "show fewer" : `show all ${judged.length}`}
        </button>
      )}
    </Panel>
  );
}

function JudgedRun({ run }: { run: RunSummary }) {
  const open = useSignal(false);
  const found = useSignal<readonly Verdict[] | null>(null);
  const problem = useSignal<string | null>(null);
  const toggle = (): void => {
    open.value = !open.value;
    if (!open.value || found.value !== null) return;
    problem.value = null;
    findings(run).then(
      (all) => {
        found.value = all.verdicts;
      },
      (error: Error) => {
        problem.value = error.message;
      },
    );
  };
  return (
    <li class="judged-run" data-testid={`verdict-run-${run.id}`} data-value={run.status}>
      <button type="button" class="judged-head" aria-expanded={open.value} onClick={toggle}>
        <span class="judged-mark" aria-hidden="true">
          {open.value ? "▾" : "▸"}
        </span>
        <span class="judged-run-name">
          <b>run {run.id}</b> {run.kind}
        </span>
        <span class={`origin-tag origin-${run.origin}`}>{run.origin}</span>
        <span class="judged-note">{run.note}</span>
        <span class="judged-when">
          {run.status}, {formatDateTime(run.endedWallMs ?? run.startedWallMs)}
        </span>
      </button>
      {open.value && (
        <section class="evidence" aria-label={`Evidence of run ${run.id}`}>
          {problem.value !== null && <p>{problem.value}</p>}
          {problem.value === null && found.value === null && <p class="muted">Asking the daemon.</p>}
          {found.value?.length === 0 && <p class="muted">This run came to no verdict.</p>}
          {found.value?.map((verdict) => (
            <Evidence key={verdict.row} verdict={verdict} />
          ))}
        </section>
      )}
    </li>
  );
}

function Evidence({ verdict }: { verdict: Verdict }) {
  const { holds, answer, claim, sentence, pValue, origin, runId, row, kind } = verdict;
  return (
    <article class={`verdict-card ${holds === null ? "is-open-question" : holds ? "is-held" : "is-not-held"}`}>
      <h3>
        {claim}? <b data-testid="verdict-answer">{answer}</b> <span class={`origin-tag origin-${origin}`}>{origin}</span>
      </h3>
      <p>{sentence}</p>
      <p class="muted">
        run {runId}, row {row} ({kind}){pValue === null ? "" : `, ${formatPValue(pValue)}`}
      </p>
      {verdict.evidence.map((table) => (
        <Table key={table.title} table={table} />
      ))}
    </article>
  );
}

function Table({ table: { title, columns, rows } }: { table: EvidenceTable }) {
  if (rows.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keys
    <section class="evidence-table" aria-label={`${title}, as evidence`} tabIndex={0}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, at) => (
            <tr key={at}>
              {cells.map((cell, column) =>
                column === 0 ? (
                  <th key={column} scope="row" data-column={columns[column]}>
                    {cell}
                  </th>
                ) : (
                  <td key={column} data-column={columns[column]}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
