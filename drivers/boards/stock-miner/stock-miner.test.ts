/** What the driver makes of answers as miners send them. The twin's tests are in device/network. */
import { createServer, type Server } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { parseApiAddress } from "./address.ts";
import { ask } from "./api-client.ts";
import { knobsOfHelp } from "./knobs.ts";
import { mend } from "./mend.ts";
import { chainsOf, summary } from "./state.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});
/** A miner that answers everything with `text`, in pieces of any size. */
async function answering(text: string, hangUp = true): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => {}).on("data", () => (hangUp ? socket.end(text) : socket.write(text)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { host: "127.0.0.1", port: typeof address === "object" && address !== null ? address.port : 0 };
}
const code = (name: string) => expect.objectContaining({ code: name });
const OK = '{"STATUS":[{"STATUS":"S","When":1,"Code":70,"Msg":"stats","Description":"x"}],"STATS":[{"Type":"S9"}{"a":1}],"id":1}\0';

describe("a malformed answer", () => {
  it("with the comma left out between objects, a zero byte at its end and line ends in its texts is mended", () => {
    const { text, mended, isCut } = mend('{"A":[{"b":1}{"c":"x\ny"} {"d":[1]}]}\0\n');
    expect(JSON.parse(text)).toEqual({ A: [{ b: 1 }, { c: "x y" }, { d: [1] }] });
    expect(mended).toEqual(expect.arrayContaining(["comma", "zero-byte", "control-character"]));
    expect(isCut).toBe(false);
  });

  it("keeps what stands in texts, whatever it looks like", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(mend(text).text)).toEqual(JSON.parse(text));
        expect(mend(text).isCut).toBe(false);
      }),
    );
    expect(mend('{"a":"}{","b":"\\"}{"}').text).toBe('{"a":"}{","b":"\\"}{"}');
  });

  it("whose objects follow each other without a comma has all of them, whatever is in them", () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), { minLength: 2, maxLength: 5 }), (objects) => {
        const text = `[${objects.map((each) => JSON.stringify(each)).join("")}]\0`;
        expect(JSON.parse(mend(text).text)).toEqual(JSON.parse(JSON.stringify(objects)));
      }),
    );
  });

  it("that was cut off anywhere is told, and never completed", async () => {
    for (let length = 1; length < OK.length - 1; length++) expect(mend(OK.slice(0, length)).isCut, `${length}`).toBe(true);
    await expect(ask(await answering(OK.slice(0, 80)), "stats")).rejects.toThrow(code("STOCK_MINER_CUT"));
    await expect(ask(await answering(""), "stats")).rejects.toThrow(code("STOCK_MINER_CUT"));
  });

  it("that is no answer of a miner is refused", async () => {
    for (const text of ["220 ftp", '{"a":1}', '{"STATUS":[]}', '{"STATUS":[{"STATUS":"?"}]}', "[".repeat(20) + "]".repeat(20)])
      await expect(ask(await answering(text), "stats")).rejects.toThrow(code("STOCK_MINER_REPLY"));
  });

  it("without an end, in size or time, is cut off by us", async () => {
    const limits = { timeoutMs: 100, replyBytes: 1000, depth: 8 };
    await expect(ask(await answering("x".repeat(5000), false), "stats", null, limits)).rejects.toThrow(code("STOCK_MINER_REPLY"));
    await expect(ask(await answering("{", false), "stats", null, limits)).rejects.toThrow(code("STOCK_MINER_TIMEOUT"));
    await expect(ask({ host: "127.0.0.1", port: 1 }, "stats")).rejects.toThrow(code("STOCK_MINER_UNREACHABLE"));
  });
});

describe("a good answer", () => {
  it("ends at its zero byte, though the connection stays", async () => {
    const { sections, mended } = await ask(await answering(OK, false), "stats");
    expect(sections.STATS).toEqual([{ Type: "S9" }, { a: 1 }]);
    expect(mended).toEqual(["zero-byte", "comma"]);
  });

  it("has numbers as texts and as numbers, in GH/s or MH/s", () => {
    expect(summary.parse({ Elapsed: 5, "GHS 5s": "13500.55", Accepted: "  5.0000" })).toMatchObject({
      hashRateGhs: 13500.55,
      sharesAccepted: 5,
    });
    expect(summary.parse({ Elapsed: 5, "MHS 5s": 13_500_000 })).toMatchObject({ hashRateGhs: 13_500, sharesAccepted: null });
    expect(summary.parse({ Elapsed: 5, "GHS 5s": "" }).hashRateGhs).toBeNull();
  });

  it("has the chains by their connectors, and null for what a board does not tell", () => {
    const chains = chainsOf([
      { Type: "Antminer S9" },
      {
        frequency: "656",
        fan1: 0,
        fan3: 6000,
        chain_acn1: 0,
        chain_acn6: 63,
        chain_acs6: " oooooooo ooooooox",
        temp2_6: 89,
        temp6: 0,
        freq_avg6: "656.00",
      },
    ]);
    expect(chains).toMatchObject({ frequencyMhz: 656, fansRpm: [6000] });
    expect(chains?.chains).toEqual([
      { chain: 6, chips: 63, answering: 15, frequencyMhz: 656, hashRateGhs: null, hardwareErrors: null, boardTempC: null, chipTempC: 89 },
    ]);
    expect(chainsOf([{ Type: "other" }])).toBeNull();
  });
});

describe("a help's text", () => {
  it("says what can be set, in which range and unit", () => {
    expect(knobsOfHelp("ASC 0 set help: freq: range 200-900, volt: range 7.95-9.4")).toEqual({
      frequencyMhz: { option: "freq", range: { min: 200, max: 900 }, perUnit: 1 },
      chainVoltageMv: { option: "volt", range: { min: 7.95, max: 9.4 }, perUnit: 1000 },
    });
    expect(knobsOfHelp("ASC 0 set help: led; voltage: 7950 to 9400").chainVoltageMv).toMatchObject({ option: "voltage", perUnit: 1 });
  });

  it("with a voltage of no known unit leaves it alone, and other words are no knobs", () => {
    expect(knobsOfHelp("ASC 0 set help: volt").chainVoltageMv?.perUnit).toBeNull();
    expect(knobsOfHelp("ASC 0 set help: led, fanfreqs, target 1-5")).toEqual({});
  });
});

describe("an address of a miner's API", () => {
  it("has a host of this network and port 4028 unless told otherwise", () => {
    expect(parseApiAddress("192.168.1.30")).toEqual({ host: "192.168.1.30", port: 4028 });
    expect(parseApiAddress("antminer.local:4029")).toEqual({ host: "antminer.local", port: 4029 });
    for (const bad of ["", "8.8.8.8", "host:0", "host:70000", "a b", "http://x"])
      expect(() => parseApiAddress(bad)).toThrow(code("STOCK_MINER_ADDRESS"));
  });
});
