/** Whose numbers the charts show. One board's trace must never continue another's, nor a twin's a chip's: they then start empty. */
import type { Snapshot } from "../../../messages.ts";

export type Subject = Pick<Snapshot, "origin" | "board">;

/** The chips are counted after the board is found: until then a board has 0. */
function counted(board: Snapshot["board"]): boolean {
  return board !== null && board.chips > 0;
}

/** What is not known (yet, or for now) makes no other board. */
export function isAnother(before: Subject, now: Subject): boolean {
  if (before.origin !== now.origin) return true;
  if (before.board === null || now.board === null) return false;
  if (before.board.model !== now.board.model || before.board.regulator !== now.board.regulator) return true;
  if (!counted(before.board) || !counted(now.board)) return false;
  return before.board.chips !== now.board.chips || before.board.chipId !== now.board.chipId;
}

/** What to go by from now on: the newest, except that a board once counted stays so while it is only being looked for again. */
export function follow(before: Subject | null, now: Subject): Subject {
  if (before === null || isAnother(before, now) || counted(now.board)) return { origin: now.origin, board: now.board };
  return { origin: now.origin, board: counted(before.board) ? before.board : (now.board ?? before.board) };
}
