/** The WebSocket clients of all boards: each listens to one of them, and there are so many places for all together. */
import type { Clock } from "../../common/clock.ts";
import type { ApiBoard } from "./api-board.ts";
import { type ViewerCounters, type ViewerLimits, Viewers } from "./viewers.ts";

export class Audience {
  readonly #places: number;
  readonly #viewers: ReadonlyMap<ApiBoard, Viewers>;

  constructor(boards: readonly ApiBoard[], clock: Clock, limits: ViewerLimits) {
    this.#places = limits.maxClients;
    this.#viewers = new Map(boards.map((board) => [board, new Viewers(board.hub, clock, limits)]));
  }

  get isFull(): boolean {
    return this.counters().clients >= this.#places;
  }

  of(board: ApiBoard): Viewers {
    return this.#viewers.get(board) as Viewers;
  }

  counters(): ViewerCounters {
    const each = [...this.#viewers.values()].map((viewers) => viewers.counters());
    return each.reduce(
      (sum, counters) =>
        Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value + counters[name as keyof ViewerCounters]])) as never,
    );
  }

  /** As Viewers.close. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([...this.#viewers.values()].map((viewers) => viewers.close(graceMs)));
  }
}
