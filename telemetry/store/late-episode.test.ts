import fc from "fast-check";
import { expect, test } from "vitest";
import { LateEpisodes } from "./late-episode.ts";

const STATED_MS = 200;
/** How long a commit took, and the time to the next one. */
const commits = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 60_000 })), { maxLength: 60 });

/** When episodes were told of, when they ended and what they were said to be, and when commits were late. */
function lived(list: readonly (readonly [number, number])[]) {
  const episodes = new LateEpisodes(STATED_MS);
  const begun: number[] = [];
  const over: { atMs: number; commits: number; lastedMs: number; worstAgeMs: number }[] = [];
  const late: { fromMs: number; toMs: number }[] = [];
  let nowMs = 0;
  for (const [ageMs, pauseMs] of list) {
    const durableMs = nowMs + ageMs;
    if (ageMs > STATED_MS) {
      late.push({ fromMs: nowMs + STATED_MS, toMs: durableMs });
      if (episodes.late(nowMs + STATED_MS)) begun.push(nowMs + STATED_MS);
    }
    const ended = episodes.committed(ageMs, durableMs);
    if (ended !== null) over.push({ atMs: durableMs, ...ended });
    nowMs = durableMs + pauseMs;
  }
  return { begun, over, late };
}

test("every late commit belongs to one episode, which begins with the first of them and is over half a minute after the last", () => {
  fc.assert(
    fc.property(commits, (list) => {
      const { begun, over, late } = lived(list);
      expect(begun.length - over.length).toBeGreaterThanOrEqual(0);
      expect(begun.length - over.length).toBeLessThanOrEqual(1);
      for (const [at, episode] of over.entries()) {
        const from = begun[at] as number;
        const own = late.filter(({ fromMs }) => fromMs >= from && fromMs <= episode.atMs);
        const lastMs = (own.at(-1) as { toMs: number }).toMs;
        expect(episode.commits).toBe(own.length);
        expect(episode.lastedMs).toBe(lastMs - from);
        expect(episode.worstAgeMs).toBe(Math.max(...own.map(({ fromMs, toMs }) => toMs - fromMs + STATED_MS)));
        expect(episode.atMs - lastMs).toBeGreaterThanOrEqual(30_000);
      }
      const told = begun.length === 0 ? [] : late.filter(({ fromMs }) => fromMs >= (begun[0] as number));
      expect(told.length).toBe(late.length);
    }),
  );
});

test("nothing is over that did not begin", () => {
  const episodes = new LateEpisodes(STATED_MS);
  expect(episodes.committed(10, 1e9)).toBe(null);
});

test("where commits are minutes apart, one in time is not the end", () => {
  const episodes = new LateEpisodes(60_000);
  expect(episodes.late(60_000)).toBe(true);
  expect(episodes.committed(90_000, 90_000)).toBe(null);
  expect(episodes.committed(50_000, 150_000)).toBe(null);
  expect(episodes.committed(50_000, 690_000)).toMatchObject({ statedMs: 60_000, commits: 1, lastedMs: 30_000, worstAgeMs: 90_000 });
});

test("an episode in which every commit was in time was none: whoever told of it was held up himself", () => {
  const episodes = new LateEpisodes(STATED_MS);
  expect(episodes.late(1_000)).toBe(true);
  expect(episodes.committed(10, 1_001)).toBe(null);
  expect(episodes.committed(10, 100_000)).toBe(null);
  expect(episodes.late(101_000)).toBe(true);
});
