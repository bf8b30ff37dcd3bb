/** The daemon's record, over HTTP. What was asked once stays; the list of runs is asked again whenever a run begins or ends. */
import { computed, effect, signal } from "@preact/signals";
import type { ChipClockView, RunSummary } from "../../../messages.ts";
import { connection, run } from "../model/page.ts";
import { object, text } from "./json.ts";
import { clocksOf, type ResultRow, type Verdict, verdictsOf } from "./verdicts.ts";

const ANSWER_WITHIN_MS = 20_000;

/** Newest first; null before the first answer. */
export const runs = signal<readonly RunSummary[] | null>(null);
/** Why the list is not there, or not current. */
export const runsProblem = signal<string | null>(null);

/** The JSON at an address of the API. Rejects with an Error that says, in words, what the daemon said. */
export async function ask(path: string): Promise<unknown> {
  const answer = await fetch(`api/v1/${path}`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => {
    throw new Error("The daemon did not answer.");
  });
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body;
  const problem = object(body);
  const said = [problem?.detail, problem?.hint].map(text).filter((word) => word !== null);
  throw new Error(said.length === 0 ? `The daemon refused (HTTP ${answer.status}).` : said.join(" "));
}

const begunOrEnded = computed(() => `${run.value?.id ?? ""} ${run.value?.status ?? ""} ${connection.value === "connected"}`);

export function followRuns(): () => void {
  return effect(() => {
    begunOrEnded.value;
    if (connection.peek() !== "connected") return;
    ask("runs").then(
      (list) => {
        runs.value = Array.isArray(list) ? (list as RunSummary[]).toSorted((a, b) => b.id - a.id) : [];
        runsProblem.value = null;
      },
      (error: Error) => {
        runsProblem.value = error.message;
      },
    );
  });
}

export interface Findings {
  readonly verdicts: readonly Verdict[];
  readonly clocks: readonly ChipClockView[] | null;
}

/** What a finished run found does not change; one that goes on is asked again each time. */
const known = new Map<number, Findings>();

export async function findings({ id, status }: RunSummary): Promise<Findings> {
  const kept = known.get(id);
  if (kept !== undefined) return kept;
  const answer = await ask(`runs/${id}/results`);
  const results = Array.isArray(answer) ? (answer as ResultRow[]) : [];
  const found = { verdicts: verdictsOf(results), clocks: clocksOf(results) };
  if (status !== "running") known.set(id, found);
  return found;
}
