import { describe, expect, it } from "vitest";
import { Bridge } from "../transport/bridge.ts";
import type { DecodedRequest } from "../transport/bridge-commands.ts";
import { answeringPort, type Reply } from "../transport/testing/fake-control-port.test-support.ts";
import { bridgeFans } from "./bridge-fans.ts";

const asked: string[] = [];

function bridgeWith(reply: (request: DecodedRequest) => Reply): Bridge {
  asked.length = 0;
  return new Bridge(
    answeringPort("v0", (request) => {
      asked.push(request.name);
      return reply(request);
    }),
    { timeoutMs: 10_000, generation: "v0" },
  );
}

describe("fans of a bridge", () => {
  it("are set and counted where it has a fan page", async () => {
    const fans = await bridgeFans(
      bridgeWith(({ name, values }) => ({ data: name === "fanSet" ? [Number(values.percent)] : [0xb8, 0x0b] })),
    );
    await fans?.setPercent(40);
    expect(await fans?.rpm()).toEqual([3000]);
    expect(asked).toEqual(["fanTach", "fanSet", "fanTach"]);
  });

  it("are none where it has not: nothing is written to a page that may mean something else", async () => {
    expect(await bridgeFans(bridgeWith(() => ({ code: 0x11 })))).toBeNull();
    expect(asked).toEqual(["fanTach"]);
  });

  it("that it has but cannot read are no reason to take them for absent", async () => {
    await expect(bridgeFans(bridgeWith(() => ({ code: 0x10 })))).rejects.toMatchObject({
      code: expect.not.stringMatching("BRIDGE_INVALID"),
    });
  });
});
