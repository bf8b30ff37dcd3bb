/** The way to switch off: two presses, then the daemon's answer. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Emergency, expire, outcome, press } from "../model/emergency.ts";

const ANSWER_WITHIN_MS = 5000;

export interface EmergencyOffProps {
  /** Names the button and its text on the page. */
  id: string;
  /** Where it is asked for. */
  address: string;
  label: string;
  /** On the button between the presses. */
  again: string;
  /** Beside the button while nothing was pressed. */
  says: string;
}

async function switchOff(address: string, state: Signal<Emergency>): Promise<void> {
  try {
    const answer = await fetch(address, { method: "POST", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    state.value = outcome({ ok: answer.ok, status: answer.status, body: await answer.text() });
  } catch {
    state.value = outcome(null);
  }
}

export function EmergencyOff({ id, address, label, again, says }: EmergencyOffProps) {
  const state = useSignal<Emergency>({ phase: "idle" });
  const now = state.value;
  useEffect(() => {
    if (now.phase !== "armed") return;
    const timer = setTimeout(
      () => {
        state.value = expire(state.value, Date.now());
      },
      now.untilMs - Date.now() + 20,
    );
    return () => clearTimeout(timer);
  }, [now]);
  const onClick = (): void => {
    state.value = press(state.value, Date.now());
    if (state.value.phase === "sending") void switchOff(address, state);
  };
  const on: Partial<Record<Emergency["phase"], string>> = { armed: again, sending: "Switching off…" };
  return (
    <div class={`emergency is-${now.phase}`}>
      <button
        type="button"
        class="emergency-button"
        data-testid={id}
        aria-describedby={`${id}-text`}
        disabled={now.phase === "sending"}
        onClick={onClick}
        onKeyDown={(event) => {
          if (event.key === "Escape") state.value = { phase: "idle" };
        }}
      >
        {on[now.phase] ?? label}
      </button>
      <p id={`${id}-text`} role="alert" data-testid={`${id}-outcome`}>
        {now.phase === "done" || now.phase === "failed" ? now.text : now.phase === "armed" ? "Within 3 s. Escape cancels." : says}
      </p>
    </div>
  );
}
