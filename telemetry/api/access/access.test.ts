import { connect } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ask, runApi, view } from "../api.test-support.ts";

const TOKENS = { view: "view-token-0123456789", operate: "operate-token-0123456789" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const off = { method: "POST" } as const;
const OFF = "/api/v1/emergency-off";

describe("a daemon on a network", () => {
  const onNetwork = () => {
    const emergencyOff = vi.fn(async () => undefined);
    return runApi({ host: "0.0.0.0", tokens: TOKENS, emergencyOff }).then((running) => ({ ...running, emergencyOff }));
  };

  test("is not started without a token", async () => {
    await expect(runApi({ host: "0.0.0.0" })).rejects.toThrow(expect.objectContaining({ code: "TOKEN_MISSING" }));
  });

  test("answers nothing but its health without one, not even files", async () => {
    const { api, emergencyOff } = await onNetwork();
    expect((await ask(api, "/healthz")).status).toBe(200);
    for (const path of ["/", "/index.html", "/api/v1/state", "/api/v1/runs", "/api/v1/openapi.json", "/nothing"]) {
      const refused = await ask(api, path);
      expect(refused, path).toMatchObject({ status: 401, headers: { "www-authenticate": expect.stringContaining("Basic") } });
      expect(refused.json(), path).toMatchObject({ code: "TOKEN_NEEDED" });
    }
    expect((await ask(api, OFF, off)).status).toBe(401);
    await expect(view(api)).rejects.toThrow("401");
    expect(emergencyOff).not.toHaveBeenCalled();
  });

  test("shows everything to role view, and lets only role operate switch off", async () => {
    const { api, emergencyOff } = await onNetwork();
    expect((await ask(api, "/api/v1/state", { headers: bearer(TOKENS.view) })).status).toBe(200);
    expect((await ask(api, "/", { headers: bearer(TOKENS.view) })).text).toContain("<title>");
    expect((await ask(api, OFF, { ...off, headers: bearer(TOKENS.view) })).json()).toMatchObject({ status: 403, code: "ROLE_REFUSED" });
    expect(emergencyOff).not.toHaveBeenCalled();
    expect((await ask(api, OFF, { ...off, headers: bearer(TOKENS.operate) })).status).toBe(202);
    const wrong = await ask(api, "/api/v1/state", { headers: bearer("guess-0123456789abcdef") });
    expect(wrong.json()).toMatchObject({ status: 401, code: "TOKEN_UNKNOWN" });
    await view(api, bearer(TOKENS.view));
  });

  test("a browser that gave the token once may open the WebSocket by its session, which no script reads and no other site sends", async () => {
    const { api } = await onNetwork();
    const basic = Buffer.from(`anyone:${TOKENS.operate}`).toString("base64");
    const page = await ask(api, "/", { headers: { authorization: `Basic ${basic}` } });
    const [cookie = ""] = page.headers["set-cookie"] ?? [];
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Strict");
    expect(cookie).not.toContain(TOKENS.operate);
    const kept = { cookie: cookie.split(";")[0] as string };
    await view(api, kept);
    expect((await ask(api, OFF, { ...off, headers: kept })).status).toBe(202);
    const forged = { cookie: (kept.cookie as string).slice(0, -1) };
    expect((await ask(api, "/api/v1/state", { headers: forged })).status).toBe(401);
  });
});

describe("a daemon on loopback", () => {
  test("lets whoever is on the host look and switch off, whatever token they show", async () => {
    const { api } = await runApi({ tokens: TOKENS });
    for (const headers of [{}, bearer("wrong-wrong-wrong-wrong"), { cookie: "asicr=old" }]) {
      expect((await ask(api, "/api/v1/state", { headers })).status).toBe(200);
      expect((await ask(api, OFF, { ...off, headers })).status).toBe(202);
    }
  });
});

describe("too much", () => {
  test("an address that asks too often is told when to come again, and may switch off all the same", async () => {
    const { api } = await runApi({ rate: { burst: 3, perSecond: 0.001 } });
    for (let i = 0; i < 3; i++) expect((await ask(api, "/healthz")).status).toBe(200);
    const refused = await ask(api, "/healthz");
    expect(refused.json()).toMatchObject({ status: 429, code: "RATE_LIMITED" });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    await expect(view(api)).rejects.toThrow("429");
    expect((await ask(api, OFF, off)).status).toBe(202);
  });

  test("guesses at a token run out soon", async () => {
    const { api } = await runApi({ host: "0.0.0.0", tokens: TOKENS, rate: { burst: 50, perSecond: 0.001 } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask(api, "/api/v1/state", { headers: bearer(`guess-number-${i}-000000`) })).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
  });

  test("a body that is too large is refused by its length, and cut when it has none", async () => {
    const { api } = await runApi();
    const said = await ask(api, "/healthz", { headers: { "content-length": "1000000" } });
    expect(said.json()).toMatchObject({ status: 413, code: "BODY_TOO_LARGE" });
    const socket = connect(api.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const cut = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.write("POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    const chunk = `1000\r\n${"x".repeat(0x1000)}\r\n`;
    const feeding = setInterval(() => socket.write(chunk), 5);
    onTestFinished(() => clearInterval(feeding));
    await cut;
    expect((await ask(api, "/healthz")).status).toBe(200);
  });
});
