import type { Command } from "commander";

export function addLineWorkersCommand(root: Command): void {
  root
    .command("line-workers")
    .description("hurry the kernel's workers that carry bytes from ports to their readers, until it is stopped; 3 when the system refuses")
    .option("--json", "print one JSON document a change")
    .addHelpText(
      "after",
      `
What arrives at a port is carried to its reader by a worker of the kernel, which on a busy machine waits its turn for milliseconds. Under SCHED_FIFO,
priority 30, it does not; docs/time-stamps.md has what that gains. Every program that captures does this by itself where it may (CAP_SYS_NICE), so
this is for a daemon that may not: the service has it run beside it. All are ordinary again when it ends.`,
    )
    .action(async (options) => {
      process.exitCode = await (await import("./line-workers.ts")).lineWorkersCommand(options, untilStopped());
    });
}

function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  return stop.signal;
}
