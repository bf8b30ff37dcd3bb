import { afterEach, expect, test, vi } from "vitest";
import { hurryLineWorkers } from "../../drivers/native/line-workers.ts";
import { lineWorkersCommand } from "./line-workers.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function faked(answers: { count?: number; refusal?: string }[]) {
  const stop = new AbortController();
  const printed: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.push(String(text));
    if (printed.length === answers.length) stop.abort();
    return true;
  });
  const release = vi.fn();
  const now = () => answers[Math.min(printed.length, answers.length - 1)] ?? {};
  const hurry = () => ({ count: () => now().count ?? 0, refusal: () => now().refusal ?? null, release });
  return { stop, printed, release, hurry };
}

test("says how many there are, again when that changes, and gives them back", async () => {
  const { stop, printed, release, hurry } = faked([{ count: 4 }, { count: 1 }, { count: 0 }]);
  expect(await lineWorkersCommand({}, stop.signal, hurry)).toBe(0);
  expect(printed).toEqual([
    "4 of the kernel's workers run at real-time priority.\n",
    "1 of the kernel's workers runs at real-time priority.\n",
    expect.stringContaining("No such worker can be seen"),
  ]);
  expect(release).toHaveBeenCalledOnce();
});

test("as JSON", async () => {
  const { stop, printed, hurry } = faked([{ count: 4 }]);
  await lineWorkersCommand({ json: true }, stop.signal, hurry);
  expect(printed).toEqual(['{"realtime":4}\n']);
});

test("a refusal ends it with the system's reason, and nothing stays held", async () => {
  const { stop, release, hurry } = faked([{ refusal: "EPERM" }]);
  await expect(lineWorkersCommand({}, stop.signal, hurry)).rejects.toThrow(
    expect.objectContaining({ code: "LINE_WORKERS_REFUSED", message: expect.stringContaining("EPERM") }),
  );
  expect(release).toHaveBeenCalledOnce();
});

test("the addon answers with a number or a reason, also when it is asked again after it let go", () => {
  for (let round = 0; round < 2; round++) {
    const workers = hurryLineWorkers();
    const refusal = workers.refusal();
    if (refusal === null) expect(workers.count()).toBeGreaterThanOrEqual(0);
    else expect(refusal).toMatch(/^E[A-Z]+$/);
    workers.release();
  }
});
