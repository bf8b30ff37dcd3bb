/** The way out of a latched fault: what was found and done in words, then a second press. Nothing is shown of a board that is not in fault. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { formatDateTime, UNKNOWN } from "../format.ts";
import {
  type Clearing,
  clearFault,
  followFaults,
  type LatchedFault,
  latched,
  MOST_REASON_CHARACTERS,
  nothingLatched,
} from "../model/latched.ts";
import { rig } from "../model/page.ts";

export function LatchedFaults() {
  useEffect(followFaults, []);
  const all = latched.value;
  if (nothingLatched.value)
    return <p class="note">Nothing is latched that could be cleared: this fault lasts until the daemon is started again.</p>;
  if (all === null || all.length === 0) return null;
  return (
    <ul class="latched" aria-label="Latched faults">
      {all.map((fault) => (
        <OneFault key={fault.id} fault={fault} others={all.length - 1} />
      ))}
    </ul>
  );
}

function OneFault({ fault: { id, code, cause, wallMs }, others }: { fault: LatchedFault; others: number }) {
  const clearing = useSignal<Clearing>({ phase: "closed" });
  const reason = useSignal("");
  const token = useSignal("");
  const words = useRef<HTMLTextAreaElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const now = clearing.value;
  const open = now.phase === "asking" || now.phase === "sending";
  const moved = useRef(false);
  // Not after the next frame: who types on at once would type into the button that is about to go.
  useLayoutEffect(() => {
    if (open) words.current?.focus();
    else if (moved.current) opener.current?.focus();
    moved.current = open;
  }, [open]);

  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (reason.value.trim() === "" || clearing.value.phase === "sending") return;
    clearing.value = { phase: "sending" };
    clearing.value = await clearFault(id, reason.value, token.value);
  };
  const close = (): void => {
    clearing.value = { phase: "closed" };
  };
  return (
    <li data-testid={`latched-${id}`} data-value={code}>
      <p class="latched-cause">
        <b>Fault {id}</b> <time>{wallMs === null ? UNKNOWN : formatDateTime(wallMs)}</time> {code}: {cause}
      </p>
      {now.phase === "closed" && (
        <button
          ref={opener}
          type="button"
          class="plain-button"
          data-testid={`clear-fault-${id}`}
          onClick={() => {
            clearing.value = { phase: "asking", refused: null, wantsToken: false };
          }}
        >
          Clear fault {id}…
        </button>
      )}
      {open && (
        <form
          class="clearing"
          onSubmit={send}
          onKeyDown={(event) => {
            if (event.key === "Escape") close();
          }}
        >
          <p id={`clear-${id}-what`}>
            It is cleared for good, and what you write goes into the audit. {whatFollows(others)} Look at the board first.
          </p>
          <label>
            What was found and done
            <textarea
              ref={words}
              rows={2}
              required
              maxLength={MOST_REASON_CHARACTERS}
              aria-describedby={`clear-${id}-what`}
              data-testid={`clear-reason-${id}`}
              value={reason.value}
              onInput={(event) => {
                reason.value = event.currentTarget.value;
              }}
            />
          </label>
          {now.phase === "asking" && now.wantsToken && (
            <label>
              Token of role operate
              <input
                type="password"
                autocomplete="off"
                data-testid={`clear-token-${id}`}
                value={token.value}
                onInput={(event) => {
                  token.value = event.currentTarget.value;
                }}
              />
            </label>
          )}
          <p class="clearing-buttons">
            <button
              type="submit"
              class="plain-button is-firm"
              data-testid={`clear-send-${id}`}
              disabled={now.phase === "sending" || reason.value.trim() === ""}
            >
              {now.phase === "sending" ? "Clearing…" : others === 0 ? "Clear it and bring the board up" : "Clear it"}
            </button>
            <button type="button" class="plain-button" onClick={close}>
              Cancel
            </button>
          </p>
        </form>
      )}
      <p role="alert" class="clearing-answer" data-testid={`clear-answer-${id}`}>
        {now.phase === "cleared" ? `Cleared. ${whatFollows(now.left)}` : now.phase === "asking" && now.refused !== null ? now.refused : ""}
      </p>
      {now.phase === "asking" && now.wantsToken && (
        <p class="note">
          Without a token, on the daemon's host: <code>asic-reservoir faults clear {id} --config FILE --reason TEXT</code>
        </p>
      )}
    </li>
  );
}

function whatFollows(left: number): string {
  if (left > 0) return `${rig.value ?? "The board"} stays off: ${left} more ${left === 1 ? "is" : "are"} latched.`;
  return `${rig.value ?? "The board"} is then switched on again within seconds, ramped to its set-point, and its plan begins anew.`;
}
