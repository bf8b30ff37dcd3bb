/** Emergency-off takes two presses within three seconds: one slip must not stop a run, and nobody should need a dialog in a hurry. */
export const CONFIRM_WITHIN_MS = 3000;

export type Emergency =
  | { phase: "idle" }
  | { phase: "armed"; untilMs: number }
  | { phase: "sending" }
  | { phase: "done"; text: string }
  | { phase: "failed"; text: string };

export function press(state: Emergency, nowMs: number): Emergency {
  if (state.phase === "sending") return state;
  if (state.phase === "armed" && nowMs <= state.untilMs) return { phase: "sending" };
  return { phase: "armed", untilMs: nowMs + CONFIRM_WITHIN_MS };
}

export function expire(state: Emergency, nowMs: number): Emergency {
  return state.phase === "armed" && nowMs > state.untilMs ? { phase: "idle" } : state;
}

const BY_HAND = "Cut the power by hand if the board is still running.";

/** What to tell the person, from the HTTP answer (null: none came): its message, or the detail and hint of its problem document (RFC 9457). */
export function outcome(answer: { ok: boolean; status: number; body: string } | null): Emergency {
  if (answer === null) return { phase: "failed", text: `The daemon did not answer. ${BY_HAND}` };
  const said = sentence(answer.body);
  if (answer.ok) return { phase: "done", text: said ?? "The daemon accepted: core power is being switched off." };
  return { phase: "failed", text: `Not switched off (HTTP ${answer.status}). ${said === null ? "" : `${said} `}${BY_HAND}` };
}

function sentence(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null) return null;
    const texts = (["message", "detail", "hint"] as const).map((key) => (value as Record<string, unknown>)[key]);
    const said = texts.filter((text): text is string => typeof text === "string" && text !== "");
    return said.length === 0 ? null : said.join(" ");
  } catch {
    return null;
  }
}
