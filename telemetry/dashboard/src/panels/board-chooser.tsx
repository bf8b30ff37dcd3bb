/** Which boards the daemon has, how each is, and the way to switch all of them off. Nothing is shown of a daemon with one. */
import { boards, boardsStale, ofBoard, severalBoards } from "../model/boards.ts";
import { EMERGENCY_OFF_PATH, rig } from "../model/page.ts";
import { EmergencyOff } from "./emergency-off.tsx";
import { STATE_TONE } from "./state-tone.ts";

export function BoardChooser() {
  if (!severalBoards.value) return null;
  const all = boards.value ?? [];
  return (
    <nav class={`board-chooser ${boardsStale.value ? "stale" : ""}`} aria-label="Boards of this daemon">
      <ul>
        {all.map(({ name, state, stateReason }) => (
          <li key={name}>
            <a
              href={ofBoard("", name)}
              aria-current={name === rig.value ? "page" : undefined}
              title={stateReason}
              data-testid={`board-${name}`}
              data-value={state}
            >
              <b>{name}</b> <span class={`state-chip tone-${STATE_TONE[state] ?? "quiet"}`}>{state}</span>
            </a>
          </li>
        ))}
      </ul>
      <div class="board-faults" role="status">
        {all
          .filter(({ name, state }) => state === "fault" && name !== rig.value)
          .map(({ name, stateReason }) => (
            <p key={name} data-testid={`board-fault-${name}`} title={stateReason}>
              <b>{name}</b> {stateReason}
            </p>
          ))}
      </div>
      <EmergencyOff
        id="all-off"
        address={EMERGENCY_OFF_PATH}
        label="All boards off"
        again={`Press again: all ${all.length} boards`}
        says="Press twice to cut the core power of all boards."
      />
    </nav>
  );
}
