/** Ends a command's action: what it resolves with is the exit code. */
export async function finish(work: Promise<number> | number): Promise<void> {
  process.exitCode = await work;
}
