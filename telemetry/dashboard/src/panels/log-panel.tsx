/** Events, newest first. */
import type { LogEvent } from "../../../messages.ts";
import { formatClock } from "../format.ts";
import { events, pageStale } from "../model/page.ts";
import { Panel } from "./panel.tsx";

const LEVEL_SIGNS: Record<LogEvent["level"], string> = { info: "·", warning: "▲", error: "✕" };

export function LogPanel() {
  const list = events.value ?? [];
  return (
    <Panel id="log" title="Events" stale={pageStale.value}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keys that scroll it */}
      <div class="scroll" role="log" aria-label="Events, newest first" tabIndex={0}>
        {list.length === 0 ? (
          <p class="empty">No events yet.</p>
        ) : (
          <ol class="events">
            {list.toReversed().map((event, index) => (
              <li key={`${event.wallMs}-${list.length - index}`} class={`level-${event.level}`}>
                <time dateTime={new Date(event.wallMs).toISOString()}>{formatClock(event.wallMs)}</time>
                <span class="sign" role="img" aria-label={event.level}>
                  {LEVEL_SIGNS[event.level]}
                </span>
                <span class="event-text">
                  <b>{event.source}</b> {event.text}
                </span>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Panel>
  );
}
