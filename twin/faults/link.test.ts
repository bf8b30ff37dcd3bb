import { describe, expect, it } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { type AnyHost, hostOf } from "./both-boards.test-support.ts";
import { TWIN_BOARDS } from "./fault.ts";

const ASKED = 1000;

/** So many questions, one after the other: what came back, in one string. */
function stream(host: AnyHost, asked = ASKED): Uint8Array {
  return Uint8Array.from(Array.from({ length: asked }, () => host.ask().flatMap(({ bytes }) => [...bytes])).flat());
}

function intact(host: AnyHost, sound: string, asked = ASKED): number {
  return Array.from({ length: asked }, () => host.ask().map(({ bytes }) => toHex(bytes)))
    .flat()
    .filter((text) => text === sound).length;
}

/** Within four standard deviations of a binomial count. */
function near(count: number, tries: number, probability: number): void {
  const sd = Math.sqrt(tries * probability * (1 - probability));
  expect(count).toBeGreaterThan(tries * probability - 4 * sd);
  expect(count).toBeLessThan(tries * probability + 4 * sd);
}

describe.each(TWIN_BOARDS)("the link of %s", (board) => {
  const sound = toHex(hostOf(board).ask()[0]?.bytes as Uint8Array);
  const bytesSent = ASKED * (sound.length / 2);

  it("drop-byte: so many bytes are missing; none once it has ended", () => {
    const host = hostOf(board);
    host.faults.set({ name: "drop-byte", value: 0.05, untilMs: host.nowMs() + 2 * ASKED });
    near(bytesSent - stream(host).length, bytesSent, 0.05);
    expect(intact(host, sound, 100)).toBe(100);
  });

  it("insert-byte: so many bytes are added", () => {
    near(stream(hostOf(board, [{ name: "insert-byte", value: 0.05 }])).length - bytesSent, bytesSent, 0.05);
  });

  it("flip-bit: as many bytes as before, so many with one bit wrong", () => {
    const host = hostOf(board);
    host.faults.set({ name: "flip-bit", value: 0.02 });
    const bytes = stream(host);
    expect(bytes.length).toBe(bytesSent);
    const expected = Buffer.from(sound, "hex");
    const bitsWrong = [...bytes].map(
      (byte, i) => (byte ^ (expected[i % expected.length] as number)).toString(2).replaceAll("0", "").length,
    );
    expect(Math.max(...bitsWrong)).toBe(1);
    near(bitsWrong.filter((bits) => bits > 0).length, bytesSent, 0.02);
  });

  it("burst: errors come together, so that more frames are sound than with as many errors strewn about", () => {
    const host = hostOf(board);
    host.faults.set({ name: "burst", value: 0.005, untilMs: host.nowMs() + 2 * ASKED });
    const sane = intact(host, sound);
    // 8 bytes in 208 are bad: strewn about they would hit 1 - (1 - 8/208)^n of the frames.
    const strewn = (1 - 8 / 208) ** (sound.length / 2);
    expect(sane / ASKED).toBeGreaterThan(strewn + 0.03);
    expect(sane / ASKED).toBeLessThan(0.98);
    expect(intact(host, sound, 100)).toBe(100);
  });

  it.each(["command-drop", "command-flip"] as const)("%s: questions are lost on their way to the chips, answers are not", (name) => {
    const host = hostOf(board);
    host.faults.set({ name, value: 0.05, untilMs: host.nowMs() + 2 * ASKED });
    const answers = intact(host, sound);
    // 5 or 7 bytes to a question; a byte dropped may also spoil the next one.
    expect(answers / ASKED).toBeLessThan(0.85);
    expect(answers / ASKED).toBeGreaterThan(0.4);
    host.ask();
    expect(intact(host, sound, 100)).toBe(100);
  });

  it("echo: what was written comes back before the answer", () => {
    const host = hostOf(board);
    host.faults.set({ name: "echo" });
    const frames = host.ask().map(({ bytes }) => toHex(bytes));
    expect(frames).toEqual([board === "s9" ? "5405000019" : "55aa520500000a", sound]);
    host.faults.clear("echo");
    expect(host.ask().map(({ bytes }) => toHex(bytes))).toEqual([sound]);
  });

  it.each([
    [1, 0, 1],
    [2, 0, 0],
    [3, 0, 0],
  ])("half-open in direction %i: nothing comes, the bridge answers", (value, answers, heard) => {
    const host = hostOf(board);
    host.faults.set({ name: "half-open", value });
    const before = host.framesReceived();
    expect(host.ask()).toHaveLength(answers);
    expect(host.framesReceived() - before).toBe(heard);
    expect(host.request(0x06, 0).at(-1)).toBe(1);
    host.faults.clear("half-open");
    expect(host.ask()).toHaveLength(1);
  });

  it.each([1, 2, 3])("control-half-open in direction %i: the bridge is mute, the chips answer", (value) => {
    const host = hostOf(board);
    host.faults.set({ name: "control-half-open", value });
    expect(host.request(0x06, 0)).toHaveLength(0);
    expect(host.ask()).toHaveLength(1);
    host.faults.clear("control-half-open");
    expect(host.request(0x06, 0).at(-1)).toBe(1);
  });

  it("wire-delay: every answer is later by so much, and none is lost or overtaken when it ends", () => {
    const host = hostOf(board);
    const askedMs = host.nowMs();
    const [prompt] = host.ask(1);
    const secondMs = host.nowMs();
    host.faults.set({ name: "wire-delay", value: 15 });
    const late = host.ask(30);
    expect((late[0]?.endMs as number) - secondMs).toBeCloseTo((prompt?.endMs as number) - askedMs + 15, 6);
    const thirdMs = host.nowMs();
    host.ask(1);
    host.faults.clear("wire-delay");
    const both = host.ask(30);
    expect(both.map(({ bytes }) => toHex(bytes))).toEqual([sound, sound]);
    expect(both[0]?.endMs).toBeGreaterThan(thirdMs + 15);
    expect(both[1]?.endMs).toBeGreaterThanOrEqual(both[0]?.endMs as number);
  });

  it("wire-stall: answers come in lumps", () => {
    const host = hostOf(board);
    const fromMs = host.nowMs();
    host.faults.set({ name: "wire-stall", value: 100, atMs: fromMs });
    const frames = Array.from({ length: 60 }, () => host.ask(5)).flat();
    frames.push(...host.wait(100));
    expect(frames).toHaveLength(60);
    for (const { endMs } of frames) expect((endMs - fromMs) % 100).toBeCloseTo(0, 6);
  });

  it("one seed, one behaviour; another seed, another", () => {
    const run = (seed: number) =>
      toHex(
        stream(
          hostOf(
            board,
            [
              { name: "drop-byte", value: 0.02 },
              { name: "insert-byte", value: 0.02 },
              { name: "flip-bit", value: 0.02 },
              { name: "burst", value: 0.01 },
            ],
            { seed },
          ),
          100,
        ),
      );
    expect(run(5)).toBe(run(5));
    expect(run(5)).not.toBe(run(6));
  });
});
