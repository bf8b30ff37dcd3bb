/** Faults that keep the shown board off until a person has cleared them, and the way to clear one: a reason in words, then the daemon's answer. */
import { effect, signal } from "@preact/signals";
import { number, object, objects, text } from "../record/json.ts";
import { connection, deviceState, rig } from "./page.ts";

const ASK_EVERY_MS = 2000;
const ANSWER_WITHIN_MS = 5000;
/** A fault is written down when its board is safe, or five seconds later (device/rig.ts). */
const WRITTEN_WITHIN_MS = 8000;
/** telemetry/api/routes/faults.ts */
export const MOST_REASON_CHARACTERS = 500;

export interface LatchedFault {
  readonly id: number;
  readonly code: string;
  readonly cause: string;
  readonly wallMs: number | null;
}

/** Oldest first; null: not in fault, or not known yet. */
export const latched = signal<readonly LatchedFault[] | null>(null);
/** In fault, and nothing is latched that could be cleared. */
export const nothingLatched = signal(false);

/** What /api/v1/faults answered; null when it is no list of faults. */
export function faultsIn(answer: unknown): readonly LatchedFault[] | null {
  if (!Array.isArray(answer)) return null;
  return objects(answer).flatMap(({ id, code, cause, wallMs }) => {
    const known = number(id);
    return known === null ? [] : [{ id: known, code: text(code) ?? "", cause: text(cause) ?? "", wallMs: number(wallMs) }];
  });
}

/** Asked for while the board is in fault, and no longer. */
export function followFaults(): () => void {
  return effect(() => {
    const name = rig.value;
    if (deviceState.value !== "fault" || connection.value !== "connected" || name === null) {
      latched.value = null;
      nothingLatched.value = false;
      return;
    }
    const sinceMs = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const ask = async (): Promise<void> => {
      const address = `api/v1/faults?${new URLSearchParams({ board: name })}`;
      const found = await fetch(address, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
        .then(async (answer) => (answer.ok ? faultsIn(await answer.json()) : null))
        .catch(() => null);
      if (over) return;
      if (found !== null) latched.value = found;
      nothingLatched.value = found?.length === 0 && performance.now() - sinceMs > WRITTEN_WITHIN_MS;
      timer = setTimeout(ask, ASK_EVERY_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  });
}

export type Clearing =
  | { readonly phase: "closed" }
  /** `refused`: why the daemon did not; `wantsToken`: because it does not know who asks. */
  | { readonly phase: "asking"; readonly refused: string | null; readonly wantsToken: boolean }
  | { readonly phase: "sending" }
  | { readonly phase: "cleared"; readonly left: number };

/** From the HTTP answer; null: none came, and nobody knows whether it was heard. */
export function cleared(answer: { readonly ok: boolean; readonly status: number; readonly body: unknown } | null): Clearing {
  if (answer === null) return { phase: "asking", refused: "The daemon did not answer.", wantsToken: false };
  const said = object(answer.body);
  if (answer.ok) return { phase: "cleared", left: number(said?.left) ?? 0 };
  const words = [said?.detail, said?.hint].map(text).filter((word) => word !== null);
  const refused = words.length === 0 ? `The daemon refused (HTTP ${answer.status}).` : words.join(" ");
  return { phase: "asking", refused, wantsToken: answer.status === 401 || answer.status === 403 };
}

/** `token`: of role operate, empty where the browser has shown it before. */
export async function clearFault(id: number, reason: string, token: string): Promise<Clearing> {
  try {
    const answer = await fetch(`api/v1/faults/${id}/clear?${new URLSearchParams({ reason: reason.trim() })}`, {
      method: "POST",
      ...(token === "" ? {} : { headers: { authorization: `Bearer ${token}` } }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return cleared({ ok: answer.ok, status: answer.status, body: await answer.json().catch(() => null) });
  } catch {
    return cleared(null);
  }
}
