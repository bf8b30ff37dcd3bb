import { describe, expect, it } from "vitest";
import { CONFIRM_WITHIN_MS, type Emergency, expire, outcome, press } from "./emergency.ts";

const idle: Emergency = { phase: "idle" };

describe("emergency-off", () => {
  it("one press never sends", () => {
    expect(press(idle, 0).phase).toBe("armed");
  });

  it("a second press within three seconds sends, a later one arms again", () => {
    const armed = press(idle, 0);
    expect(press(armed, CONFIRM_WITHIN_MS).phase).toBe("sending");
    expect(press(armed, CONFIRM_WITHIN_MS + 1).phase).toBe("armed");
  });

  it("disarms by itself, and only when the time is over", () => {
    const armed = press(idle, 0);
    expect(expire(armed, CONFIRM_WITHIN_MS).phase).toBe("armed");
    expect(expire(armed, CONFIRM_WITHIN_MS + 1).phase).toBe("idle");
    expect(expire({ phase: "sending" }, 1e9).phase).toBe("sending");
  });

  it("presses while sending do not send twice", () => {
    const sending: Emergency = { phase: "sending" };
    expect(press(sending, 5)).toBe(sending);
  });

  it("can be used again after success and after failure", () => {
    expect(press({ phase: "done", text: "" }, 0).phase).toBe("armed");
    expect(press({ phase: "failed", text: "" }, 0).phase).toBe("armed");
  });

  it("shows the daemon's words, and says what to do by hand when it failed or was silent", () => {
    const said = outcome({ ok: true, status: 202, body: '{"message":"Core power is being switched off."}' });
    expect(said).toEqual({ phase: "done", text: "Core power is being switched off." });
    const refused = outcome({ ok: false, status: 503, body: '{"detail":"The bridge is gone.","hint":"Check the USB cable."}' });
    expect(refused).toMatchObject({ phase: "failed", text: expect.stringMatching(/503.*bridge is gone.*USB cable.*by hand/) });
    expect(outcome(null)).toMatchObject({ phase: "failed", text: expect.stringContaining("by hand") });
    expect(outcome({ ok: true, status: 202, body: "<html>" })).toMatchObject({ phase: "done", text: expect.stringMatching(/\w/) });
  });
});
