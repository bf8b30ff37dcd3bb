/** The daemon's boards: which of them the page shows, and how all of them are. */
import { computed, signal } from "@preact/signals";
import type { DeviceState } from "../../../messages.ts";
import { objects, text } from "../record/json.ts";

const ASK_EVERY_MS = 2000;
const ANSWER_WITHIN_MS = 5000;

export interface BoardState {
  readonly name: string;
  readonly state: DeviceState;
  readonly stateReason: string;
}

/** In the order of the configuration; null before the first answer. */
export const boards = signal<readonly BoardState[] | null>(null);
/** The last question went unanswered: what is known may be old. */
export const boardsStale = signal(false);
export const severalBoards = computed(() => (boards.value?.length ?? 0) > 1);

/** The board that this page's address names; null for the first. */
export function namedBoard(search: string): string | null {
  return new URLSearchParams(search).get("board");
}

/** An address of the API for one board. */
export function ofBoard(path: string, name: string | null): string {
  return name === null ? path : `${path}?${new URLSearchParams({ board: name })}`;
}

/** What /api/v1/boards answered; null when it is no list of boards. */
export function boardsIn(answer: unknown): readonly BoardState[] | null {
  if (!Array.isArray(answer)) return null;
  return objects(answer).flatMap(({ name, state, stateReason }) => {
    const known = text(name);
    return known === null ? [] : [{ name: known, state: (text(state) ?? "cold") as DeviceState, stateReason: text(stateReason) ?? "" }];
  });
}

/** Of one board the socket tells all: the list is asked for until it has come, and goes on being asked for where there are several. */
export function followBoards(): void {
  const ask = async (): Promise<void> => {
    try {
      const answer = await fetch("api/v1/boards", { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      const found = answer.ok ? boardsIn(await answer.json()) : null;
      boardsStale.value = found === null;
      if (found !== null) boards.value = found;
    } catch {
      boardsStale.value = true;
    }
    // A daemon that was started again may have other boards: after silence even a single one is asked about again.
    if (severalBoards.value || boardsStale.value || boards.value === null) setTimeout(ask, ASK_EVERY_MS);
  };
  void ask();
}
