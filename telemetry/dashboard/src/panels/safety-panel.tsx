/** What the sentinel decided and why, how far the limits are, and the way to switch off. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SafetyView } from "../../../messages.ts";
import { formatFixed, UNKNOWN } from "../format.ts";
import { type Emergency, expire, outcome, press } from "../model/emergency.ts";
import { EMERGENCY_OFF_PATH, pageStale, safety } from "../model/page.ts";
import { Panel } from "./panel.tsx";

const TONES: Record<SafetyView["action"], string> = { none: "quiet", "fan-full": "caution", "power-off": "alarm" };
const ACTIONS: Record<SafetyView["action"], string> = { none: "no action", "fan-full": "fan at full speed", "power-off": "power off" };

/** A margin below this share of its limit is close. */
const CLOSE = 0.08;
const ANSWER_WITHIN_MS = 5000;

const emergency = signal<Emergency>({ phase: "idle" });

export function SafetyPanel() {
  const view = safety.value;
  return (
    <Panel id="safety" title="Safety" stale={pageStale.value} note={view === null ? "" : `rule: ${view.rule}`}>
      {view === null ? (
        <p class="empty">{UNKNOWN}</p>
      ) : (
        <>
          <p class="decision" role="status" data-testid="safety-action" data-value={view.action}>
            <b class={`tone-${TONES[view.action]}`}>{actionText(view)}</b> <span>{view.reason}</span>
          </p>
          <Margins margins={view.margins} />
        </>
      )}
      <EmergencyOff />
    </Panel>
  );
}

/** "Within limits" is a claim: only when every watched quantity is known to be. */
function actionText({ action, margins }: SafetyView): string {
  const allWithin = margins.length > 0 && margins.every(({ value }) => value !== null && value > 0);
  return action === "none" && allWithin ? "within limits" : ACTIONS[action];
}

/** Bars show the share of the limit that is used, beside the reading that uses it. */
function Margins({ margins }: { margins: SafetyView["margins"] }) {
  return (
    <table class="margins">
      <thead class="unseen">
        <tr>
          <th>Quantity</th>
          <th>Use of its limit</th>
          <th>Reading</th>
          <th>Limit</th>
        </tr>
      </thead>
      <tbody>
        {margins.map(({ name, value, limit, unit }) => {
          const left = value === null || limit === 0 ? null : value / Math.abs(limit);
          const used = left === null ? 0 : Math.min(1, Math.max(0, 1 - left));
          const close = left !== null && left < CLOSE;
          const reading = value === null ? null : limit - value;
          return (
            <tr key={name} class={close ? "is-close" : ""}>
              <th scope="row">{name}</th>
              <td class="bar-cell">
                <span class={`bar ${left === null ? "is-unknown" : ""}`} style={`--fill: ${used}`} />
              </td>
              <td class="number">
                {formatFixed(reading, reading !== null && Math.abs(reading) < 100 ? 1 : 0)} {unit}
              </td>
              <td class="number muted">
                of {formatFixed(limit, Number.isInteger(limit) ? 0 : 1)} {unit}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

async function switchOff(): Promise<void> {
  try {
    const answer = await fetch(EMERGENCY_OFF_PATH, { method: "POST", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    emergency.value = outcome({ ok: answer.ok, status: answer.status, body: await answer.text() });
  } catch {
    emergency.value = outcome(null);
  }
}

function EmergencyOff() {
  const now = emergency.value;
  useEffect(() => {
    if (now.phase !== "armed") return;
    const timer = setTimeout(
      () => {
        emergency.value = expire(emergency.value, Date.now());
      },
      now.untilMs - Date.now() + 20,
    );
    return () => clearTimeout(timer);
  }, [now]);
  const onClick = (): void => {
    emergency.value = press(emergency.value, Date.now());
    if (emergency.value.phase === "sending") void switchOff();
  };
  const label = {
    idle: "Emergency off",
    armed: "Press again to cut power",
    sending: "Switching off…",
    done: "Emergency off",
    failed: "Emergency off",
  };
  return (
    <div class={`emergency is-${now.phase}`}>
      <button
        type="button"
        class="emergency-button"
        data-testid="emergency-off"
        aria-describedby="emergency-text"
        disabled={now.phase === "sending"}
        onClick={onClick}
        onKeyDown={(event) => {
          if (event.key === "Escape") emergency.value = { phase: "idle" };
        }}
      >
        {label[now.phase]}
      </button>
      <p id="emergency-text" role="alert" data-testid="emergency-outcome">
        {now.phase === "done" || now.phase === "failed"
          ? now.text
          : now.phase === "armed"
            ? "Within 3 s. Escape cancels."
            : "Press twice to cut core power."}
      </p>
    </div>
  );
}
