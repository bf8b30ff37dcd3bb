/** The boards of a daemon as its API knows them: one or several, each with a hub of its own. */
import type { Hub } from "../hub.ts";
import type { PublisherCounters } from "../mqtt/publisher.ts";
import { notFound, type Problem } from "./problem.ts";

export interface ApiBoard {
  readonly hub: Hub;
  /** Switches this board off. Rejects when it does not obey, or cannot be asked. */
  readonly emergencyOff: () => Promise<void>;
  /** Of what it publishes by MQTT; absent, or null, where nothing is. */
  readonly publisherCounters?: () => PublisherCounters | null;
}

/** The first is the one that is meant when none is named. */
export type ApiBoards<Board extends ApiBoard = ApiBoard> = readonly [Board, ...Board[]];

/** A board's name is its rig's, as in topics and in the record. */
export function nameOf({ hub }: ApiBoard): string {
  return hub.snapshot().rig;
}

export function chosenBoard<Board extends ApiBoard>(boards: ApiBoards<Board>, name: string | undefined): Board | null {
  return name === undefined ? boards[0] : (boards.find((board) => nameOf(board) === name) ?? null);
}

export function noBoard(boards: ApiBoards, name: string): Problem {
  return { ...notFound(`There is no board ${JSON.stringify(name)}.`, `There is ${boards.map(nameOf).join(", ")}.`), code: "BOARD_UNKNOWN" };
}

/** All are asked at once, and waited for. Rejects with the first board's refusal. */
export async function allOff(boards: readonly Pick<ApiBoard, "emergencyOff">[]): Promise<void> {
  const asked = await Promise.allSettled(boards.map((board) => board.emergencyOff()));
  const refused = asked.find((result) => result.status === "rejected");
  if (refused) throw refused.reason;
}
