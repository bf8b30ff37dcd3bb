/** A loop that serves a dashboard and writes a record: work of so many ms every so many ms, and garbage. */
const EVERY_MS = 20;
const WORK_MS = 5;

/** For the names of cases. */
export const LOADED = `event loop loaded ${WORK_MS} ms in ${EVERY_MS}`;
export const IDLE = "event loop idle";

/** Work and garbage on this thread until the returned function is called. */
export function loadEventLoop(): () => void {
  let kept: unknown[] = [];
  const timer = setInterval(() => {
    const until = performance.now() + WORK_MS;
    kept = [];
    while (performance.now() < until) kept.push({ text: `${Math.random()}`, bytes: new Array(16).fill(0) });
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    kept = [];
  };
}
