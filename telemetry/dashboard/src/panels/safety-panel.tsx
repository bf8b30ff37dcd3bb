/** What the sentinel decided and why, how far the limits are, and the way to switch off. */
import type { SafetyView } from "../../../messages.ts";
import { formatFixed, UNKNOWN } from "../format.ts";
import { ofBoard, severalBoards } from "../model/boards.ts";
import { deviceState, EMERGENCY_OFF_PATH, pageStale, rig, safety, stateReason } from "../model/page.ts";
import { LatchedFaults } from "./clear-fault.tsx";
import { EmergencyOff } from "./emergency-off.tsx";
import { Panel } from "./panel.tsx";

const TONES: Record<SafetyView["action"], string> = { none: "quiet", "fan-full": "caution", "power-off": "alarm" };
const ACTIONS: Record<SafetyView["action"], string> = { none: "no action", "fan-full": "fan at full speed", "power-off": "power off" };

/** A margin below this share of its limit is close. */
const CLOSE = 0.08;
export function SafetyPanel() {
  const view = safety.value;
  return (
    <Panel id="safety" title="Safety" stale={pageStale.value} note={view === null ? "" : `rule: ${view.rule}`}>
      {view === null ? (
        <p class="empty">{UNKNOWN}</p>
      ) : (
        <div class="safety-body">
          {deviceState.value === "fault" ? <Fault before={view} /> : <Decision view={view} />}
          <LatchedFaults />
          <Margins margins={view.margins} />
        </div>
      )}
      <EmergencyOff
        id="emergency-off"
        address={ofBoard(EMERGENCY_OFF_PATH, severalBoards.value ? rig.value : null)}
        label={severalBoards.value ? `Emergency off: ${rig.value ?? UNKNOWN}` : "Emergency off"}
        again="Press again to cut power"
        says={severalBoards.value ? "Press twice to cut the core power of this board." : "Press twice to cut core power."}
      />
    </Panel>
  );
}

function Decision({ view }: { view: SafetyView }) {
  return (
    <p class="decision" role="status" data-testid="safety-action" data-value={view.action}>
      <b class={`tone-${TONES[view.action]}`}>{actionText(view)}</b> <span>{view.reason}</span>
    </p>
  );
}

/** Nobody looks any more: what the sentinel said last is of before. */
function Fault({ before }: { before: SafetyView }) {
  return (
    <>
      <p class="decision" role="status" data-testid="safety-action" data-value="fault">
        <b class="tone-alarm">fault</b> <span>{stateReason.value}</span>
      </p>
      <p class="note">
        The readings are the last ones before it. The sentinel then: {actionText(before)}, {before.reason}
      </p>
    </>
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
