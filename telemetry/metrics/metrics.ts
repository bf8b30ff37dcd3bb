/** The metrics of a daemon and its boards, as Prometheus reads them. */
import { BOARD_METRICS, type BoardSource } from "./board-metrics.ts";
import { DAEMON_METRICS, type DaemonSource } from "./daemon-metrics.ts";
import { exposition, type Labels } from "./metric.ts";

export type { DaemonSource } from "./daemon-metrics.ts";

/**
 * A board's samples say which rig and board they are of, and where their numbers come from. What the boards share is said once: with the labels of the
 * board where there is one alone, with none but the origin where there are several.
 */
export function metricsText(boards: readonly BoardSource[], daemon: DaemonSource): string {
  const labelled = boards.map((source) => ({ source, labels: labelsOf(source) }));
  const [first] = labelled;
  const shared: Labels = labelled.length === 1 && first ? first.labels : { origin: first?.source.snapshot.origin ?? "unknown" };
  return exposition(BOARD_METRICS, labelled) + exposition(DAEMON_METRICS, [{ source: daemon, labels: shared }]);
}

function labelsOf({ snapshot: { rig, origin, board } }: BoardSource): Labels {
  return { rig, board: board?.model ?? "unknown", origin };
}
