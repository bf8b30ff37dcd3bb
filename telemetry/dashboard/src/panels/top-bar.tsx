/** Rig, origin, state and its reason, connection, current activity. Always in view. */
import type { Origin } from "../../../../common/origin.ts";
import { THEMES, themeChoice } from "../colour/theme.ts";
import { formatAge, formatFixed, UNKNOWN } from "../format.ts";
import { activity, connection, deviceState, freshnessNow, nowMs, origin, pageStale, retryAtMs, rig, stateReason } from "../model/page.ts";
import { BoardChooser } from "./board-chooser.tsx";
import { STATE_TONE } from "./state-tone.ts";

const ORIGIN_WORDS: Record<Origin, { word: string; meaning: string }> = {
  twin: { word: "TWIN", meaning: "simulated, not silicon" },
  hardware: { word: "HARDWARE", meaning: "a real chip" },
  recording: { word: "RECORDING", meaning: "replayed, not live" },
};

export function TopBar() {
  const state = deviceState.value;
  const from = origin.value;
  return (
    <header class={`top-bar ${from === null ? "" : `origin-${from}`}`}>
      <div class="identity">
        <h1>{rig.value ?? "asic-reservoir"}</h1>
        <p class="origin-badge" data-testid="origin" data-value={from ?? ""}>
          {from === null ? (
            UNKNOWN
          ) : (
            <>
              <b>{ORIGIN_WORDS[from].word}</b> <span>{ORIGIN_WORDS[from].meaning}</span>
            </>
          )}
        </p>
      </div>
      <div class={`device ${pageStale.value ? "stale" : ""}`}>
        <span
          class={`state-chip tone-${state === null ? "quiet" : STATE_TONE[state]}`}
          data-testid="state"
          data-value={state ?? ""}
          role="status"
        >
          {state ?? UNKNOWN}
        </span>
        <span class="state-reason" title={stateReason.value ?? ""}>
          {stateReason.value ?? ""}
        </span>
      </div>
      <Activity />
      <ConnectionState />
      <ThemeChoice />
      <BoardChooser />
    </header>
  );
}

function Activity() {
  const now = activity.value;
  const fraction = now === null || now.total <= 0 ? null : Math.min(1, now.done / now.total);
  return (
    <div class={`activity ${pageStale.value ? "stale" : ""}`}>
      <span class="activity-label" data-testid="activity" data-value={now?.label ?? ""}>
        {now === null ? "idle" : now.label}
      </span>
      <span class="activity-count">{now === null ? "" : `${formatFixed(now.done, 0)} / ${formatFixed(now.total, 0)}`}</span>
      {now !== null && <progress aria-label="Progress of the current activity" max={1} value={fraction ?? 0} />}
    </div>
  );
}

function ConnectionState() {
  const { messageAgeMs, readingsAgeMs, readingsStale } = freshnessNow.value;
  const retryMs = retryAtMs.value === null ? 0 : Math.max(0, retryAtMs.value - nowMs.value);
  const since = messageAgeMs === null ? "nothing received yet" : `all here is ${formatAge(messageAgeMs)} old`;
  const [headline, detail, tone] = ((): [string, string, string] => {
    switch (connection.value) {
      case "connected":
        return readingsStale ? ["Live, sensors silent", `readings ${formatAge(readingsAgeMs)} old`, "caution"] : ["Live", "", "good"];
      case "connecting":
        return messageAgeMs === null ? ["Connecting", since, "caution"] : ["No connection", since, "alarm"];
      case "waiting":
        return ["No connection", `${since}, retry in ${formatAge(retryMs)}`, "alarm"];
      case "reload":
        return ["Daemon was updated", "reload this page", "alarm"];
    }
  })();
  return (
    <p class={`connection tone-${tone}`} role="status" data-testid="connection" data-value={connection.value}>
      <span class="dot" aria-hidden="true" />
      <b>{headline}</b> <span>{detail}</span>
    </p>
  );
}

function ThemeChoice() {
  return (
    <button
      type="button"
      class="theme-button"
      aria-label={`Colours: ${themeChoice.value}. Change.`}
      title={`Colours: ${themeChoice.value}`}
      onClick={() => {
        themeChoice.value = THEMES[(THEMES.indexOf(themeChoice.value) + 1) % THEMES.length] ?? "auto";
      }}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.4" />
        <path d={themeChoice.value === "light" ? "" : "M8 1.8a6.2 6.2 0 0 1 0 12.4z"} fill="currentColor" />
        {themeChoice.value === "dark" && <circle cx="8" cy="8" r="6.2" fill="currentColor" />}
      </svg>
      <span>{themeChoice.value}</span>
    </button>
  );
}
