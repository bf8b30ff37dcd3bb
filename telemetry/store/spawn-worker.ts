import { type ResourceLimits, Worker } from "node:worker_threads";

/**
 * Starts a thread: `name`.js, counted from this folder, or `name`.ts when this file itself runs from source (vitest, tsx). Node 20 resolves a worker's
 * entry before the hooks of `--import` reach its thread, so from source a line of JavaScript registers them and then imports the entry.
 */
export function spawnWorker(workerData: unknown, name = "./worker", resourceLimits: ResourceLimits = {}): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL(`${name}.js`, import.meta.url), { workerData, resourceLimits });
  const entry = JSON.stringify(new URL(`${name}.ts`, import.meta.url).href);
  const load = `import("tsx/esm/api").then(({ register }) => { register(); return import(${entry}); });`;
  return new Worker(load, { eval: true, workerData, resourceLimits, execArgv: [] });
}
