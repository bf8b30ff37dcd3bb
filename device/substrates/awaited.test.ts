import { expect, it } from "vitest";
import { leftWith } from "../../common/left-with.test-support.ts";
import { JumpingClock } from "../../drivers/bm13xx/testing/jumping-clock.ts";
import type { Session } from "../session.ts";
import { awaited } from "./awaited.ts";

it("a day of exchanges leaves nothing with the rig's signal or the plan's", async () => {
  const [faulted, plan] = [new AbortController(), new AbortController()];
  const session = { clock: new JumpingClock(), rig: { faulted: faulted.signal } } as unknown as Session;
  for (let exchange = 0; exchange < 500; exchange++)
    expect(await awaited(Promise.resolve(exchange), session, 1000, plan.signal)).toBe(exchange);
  expect([leftWith(faulted.signal), leftWith(plan.signal)]).toEqual([0, 0]);
});
