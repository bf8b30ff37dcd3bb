/** The viewers of bench/ws.ts, in a process of their own: so many that read, and so many that never do. Told what to do, and asked what they saw, by its parent. */
import { WebSocket } from "ws";
import { quantile } from "../harness/quantile.ts";

export type Order = { readonly open: "frozen" | "healthy"; readonly port: number; readonly count: number } | { readonly report: true };
export type Report =
  | { readonly opened: number }
  | { readonly heard: number; readonly p50Ms: number; readonly p99Ms: number; readonly worstMs: number };

/** "reason@NS|": when it was to be published, on the monotonic clock that all processes of a host share. */
const MARK = /@(\d+)\|/;

const latenciesMs: number[] = [];
const open = (port: number, isFrozen: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { skipUTF8Validation: true, perMessageDeflate: false });
    socket.on("error", reject);
    socket.on("open", () => {
      if (isFrozen) socket.pause();
      resolve();
    });
    if (isFrozen) return;
    socket.on("message", (bytes: Buffer, isBinary: boolean) => {
      if (isBinary || bytes.length > 4096) return;
      const [, atNs] = MARK.exec(bytes.toString("latin1")) ?? [];
      if (atNs !== undefined) latenciesMs.push(Number(process.hrtime.bigint() - BigInt(atNs)) / 1e6);
    });
  });

const tell = (report: Report): void => void process.send?.(report);

process.on("message", (order: Order) => {
  if ("report" in order) {
    const [p50Ms, p99Ms, worstMs] = [0.5, 0.99, 1].map((q) => quantile(latenciesMs, q)) as [number, number, number];
    tell({ heard: latenciesMs.length, p50Ms, p99Ms, worstMs });
    latenciesMs.length = 0;
    return;
  }
  const { port, count } = order;
  const opening = Array.from({ length: count }, () => open(port, order.open === "frozen"));
  void Promise.all(opening).then(() => tell({ opened: count }));
});
process.on("disconnect", () => process.exit());
