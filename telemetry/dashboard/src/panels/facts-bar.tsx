/** Run, board and daemon in one line at the foot of the page. */
import type { ComponentChildren } from "preact";
import { formatAge, formatDateTime, UNKNOWN } from "../format.ts";
import { clocksText } from "../model/chip-clocks.ts";
import { board, clocks, drive, nowMs, pageStale, run, software } from "../model/page.ts";

export function FactsBar() {
  const now = run.value;
  const fitted = board.value;
  return (
    <footer class={`facts ${pageStale.value ? "stale" : ""}`}>
      <dl>
        <Fact name="Run">
          <b data-testid="run-id" data-value={now?.id ?? ""}>
            {now?.id ?? UNKNOWN}
          </b>
          {now !== null && (
            <>
              {" "}
              <span data-testid="run-kind">{now.kind}</span>, {now.origin}, <span data-testid="run-status">{now.status}</span>
            </>
          )}
        </Fact>
        <Fact name="Started">
          {now === null
            ? UNKNOWN
            : `${formatDateTime(now.startedWallMs)}, ${formatAge((now.endedWallMs ?? nowMs.value) - now.startedWallMs)}`}
        </Fact>
        <Fact name="Board">{fitted === null ? UNKNOWN : `${fitted.model}, ${fitted.chips} × ${fitted.chipId}, ${fitted.regulator}`}</Fact>
        <Fact name="Chip clock">
          <span data-testid="chip-clocks" data-value={clocks.value?.length ?? ""}>
            {clocksText(clocks.value ?? null)}
          </span>
        </Fact>
        <Fact name="Drive">
          <span data-testid="drive-mode" data-value={drive.value?.name ?? ""}>
            {drive.value == null
              ? "none: a steady flow of jobs"
              : `${drive.value.name}. ${drive.value.words} ${drive.value.hostMemory.words}`}
          </span>
        </Fact>
        <Fact name="Software">{software.value ?? UNKNOWN}</Fact>
      </dl>
    </footer>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
