import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Hub } from "../hub.ts";
import {
  BROKERS,
  eventually,
  fakeBroker,
  freePort,
  halfOpenLine,
  listen,
  MOSQUITTO,
  publishTo,
  scratchFolder,
  startMosquitto,
} from "./mqtt.test-support.ts";
import { readTls } from "./tls.ts";

const hasMosquitto = existsSync(MOSQUITTO);
const texts = (hub: Hub) => hub.snapshot().events.map(({ level, text }) => `${level}: ${text}`);
const SLOW = 40_000;

describe("version of MQTT", () => {
  /** The protocol level that CONNECT names: MQTT 3.1.1 and 5, 3.1.2.2. */
  const levelOf = async (protocol: "5" | "3.1.1" | "auto") => {
    const levels: number[] = [];
    const url = await fakeBroker((socket) => socket.once("data", (bytes) => levels.push(bytes[bytes.indexOf("MQTT") + 4] as number)));
    publishTo(url, { protocol });
    await eventually(() => levels.length).toBeGreaterThan(0);
    return levels[0];
  };

  test("is the one asked for, 5 unless told", async () => {
    expect(await levelOf("5")).toBe(5);
    expect(await levelOf("3.1.1")).toBe(4);
    expect(await levelOf("auto")).toBe(5);
  });

  test("a broker without MQTT 5 is spoken to in 3.1.1, unless 5 was asked for", async () => {
    const broker = await BROKERS[0]?.start(await freePort());
    const { hub, publisher } = publishTo(broker?.url ?? "");
    await eventually(() => publisher.counters().connected).toBe(true);
    expect(texts(hub)).toEqual([expect.stringMatching(/^info: .*does not speak MQTT 5: using 3.1.1/)]);
    const strict = publishTo(broker?.url ?? "", { protocol: "5" });
    await eventually(() => texts(strict.hub)).toEqual([expect.stringMatching(/^warning: .*does not speak this version/)]);
    expect(strict.publisher.counters().connections).toBe(0);
  });
});

describe.skipIf(!hasMosquitto)("who may connect", () => {
  test.each(["5", "3.1.1"] as const)(
    "MQTT %s: with name and password; a wrong one is refused, and where to look is said",
    async (protocol) => {
      const passwords = join(scratchFolder(), "passwords");
      execFileSync("mosquitto_passwd", ["-b", "-c", passwords, "rig", "hush"]);
      chmodSync(passwords, 0o644);
      const { url } = await startMosquitto(await freePort(), `allow_anonymous false\npassword_file ${passwords}`);
      const right = publishTo(url, { protocol, username: "rig", password: "hush" });
      await eventually(() => right.publisher.counters().connected).toBe(true);
      const wrong = publishTo(url, { protocol, username: "rig", password: "guess" });
      await eventually(() => texts(wrong.hub)).toEqual([expect.stringContaining("check mqtt.username and mqtt.passwordFile")]);
      expect(JSON.stringify(wrong.hub.snapshot())).not.toContain("guess");
    },
    SLOW,
  );
});

/** An authority, a broker's certificate for `name`, and a client's, all made here by openssl. */
function certificates(name: string) {
  const folder = scratchFolder();
  const at = (file: string) => join(folder, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "ignore"] });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...curve, "-days", "2", "-subj", "/CN=test authority", "-keyout", at("ca.key"), "-out", at("ca.pem"));
  for (const [who, subject] of [
    ["broker", `/CN=${name}`],
    ["rig", "/CN=bench"],
  ] as const) {
    openssl("req", ...curve, "-subj", subject, "-keyout", at(`${who}.key`), "-out", at(`${who}.csr`));
    writeFileSync(at(`${who}.ext`), `subjectAltName=${name === "127.0.0.1" ? "IP" : "DNS"}:${name}\n`);
    openssl(
      ...["x509", "-req", "-days", "2", "-in", at(`${who}.csr`), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
      ...["-extfile", at(`${who}.ext`), "-out", at(`${who}.pem`)],
    );
    chmodSync(at(`${who}.key`), 0o644);
  }
  const security = `allow_anonymous true\ncafile ${at("ca.pem")}\ncertfile ${at("broker.pem")}\nkeyfile ${at("broker.key")}\nrequire_certificate true`;
  return { security, caFile: at("ca.pem"), certFile: at("rig.pem"), keyFile: at("rig.key") };
}

describe.skipIf(!hasMosquitto)("TLS", () => {
  const secured = async (name: string) => {
    const { security, ...files } = certificates(name);
    const port = await freePort();
    await startMosquitto(port, security);
    return { url: `mqtts://127.0.0.1:${port}`, files };
  };

  test(
    "both sides prove who they are",
    async () => {
      const { url, files } = await secured("127.0.0.1");
      const { hub, publisher } = publishTo(url, { tls: files });
      await eventually(() => publisher.counters().connected).toBe(true);
      expect(texts(hub)).toEqual([]);
    },
    SLOW,
  );

  test(
    "a broker signed by nobody known is refused, and so is a rig without a certificate; each is told what to set",
    async () => {
      const { url, files } = await secured("127.0.0.1");
      const unknown = publishTo(url, { tls: { certFile: files.certFile, keyFile: files.keyFile } });
      await eventually(() => texts(unknown.hub)).toEqual([expect.stringContaining("mqtt.caFile")]);
      const nobody = publishTo(url, { tls: { caFile: files.caFile } });
      await eventually(() => texts(nobody.hub).length).toBeGreaterThan(0);
      for (const { publisher } of [unknown, nobody]) expect(publisher.counters().connections).toBe(0);
    },
    SLOW,
  );

  test(
    "a broker whose certificate has another name is refused",
    async () => {
      const { url, files } = await secured("elsewhere.example");
      const { hub, publisher } = publishTo(url, { tls: files });
      await eventually(() => texts(hub)).toEqual([expect.stringContaining("a name in mqtt.url that stands in")]);
      expect(publisher.counters().connections).toBe(0);
    },
    SLOW,
  );

  test("files that cannot be used, or would be of no use, are refused before anything is sent", () => {
    const file = join(scratchFolder(), "not.pem");
    writeFileSync(file, "hello");
    const url = new URL("mqtts://b");
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => readTls({ caFile: "/no/such" }, url)).toThrow(refused("TLS_FILE_UNREADABLE"));
    expect(() => readTls({ caFile: file }, url)).toThrow(refused("TLS_FILE_UNREADABLE"));
    expect(() => readTls({ certFile: file }, url)).toThrow(refused("TLS_KEY_MISSING"));
    expect(() => readTls({ caFile: file }, new URL("mqtt://b"))).toThrow(refused("TLS_WITHOUT_ENCRYPTION"));
    expect(() => publishTo("mqtts://127.0.0.1:1", { tls: { caFile: "/no/such" } })).toThrow(refused("TLS_FILE_UNREADABLE"));
  });

  test(
    "a certificate that is gone when the connection has to be made anew is said, and the rig goes on trying",
    async () => {
      const { files } = await secured("127.0.0.1");
      const { hub } = publishTo(`mqtts://127.0.0.1:${await freePort()}`, { tls: files });
      writeFileSync(files.caFile, "replaced by mistake");
      await eventually(() => texts(hub).length).toBeGreaterThan(0);
      writeFileSync(files.certFile, "replaced by mistake");
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(texts(hub)).toHaveLength(1);
    },
    SLOW,
  );
});

describe.skipIf(!hasMosquitto)("a broker that falls silent with its sockets open", () => {
  test(
    "is given up after its keep-alive, and found again when it wakes",
    async () => {
      const broker = await startMosquitto(await freePort());
      const { hub, publisher } = publishTo(broker.url, { keepaliveS: 1, connectTimeoutMs: 500 });
      await eventually(() => publisher.counters().connected).toBe(true);
      broker.freeze();
      await eventually(() => publisher.counters().connected).toBe(false);
      hub.publish("state", { state: "fault", stateReason: "over-temperature" });
      broker.thaw();
      await eventually(() => publisher.counters().connected).toBe(true);
      const witness = await listen(broker.url);
      await eventually(() => witness.texts("asic/bench/state").at(-1)).toContain("over-temperature");
      await eventually(() => witness.texts("asic/bench/availability").at(-1)).toBe("online");
    },
    SLOW,
  );
});

describe("a line that is cut without either end being told", () => {
  test.each(BROKERS)(
    "MQTT $protocol with $name: given up after the keep-alive; the broker tells of it by the will, and all is as it should be once the line is mended",
    async ({ available, protocol, start }) => {
      if (!available) return;
      const broker = await start(await freePort());
      const line = await halfOpenLine(broker);
      const witness = await listen(broker.url);
      const { hub, publisher } = publishTo(line.url, { protocol, keepaliveS: 1, connectTimeoutMs: 500 });
      await eventually(() => witness.texts("asic/bench/availability").at(-1)).toBe("online");
      line.cut();
      await eventually(() => publisher.counters().connected).toBe(false);
      await eventually(() => witness.texts("asic/bench/availability").at(-1)).toBe("offline");
      hub.publish("state", { state: "fault", stateReason: "over-temperature" });
      line.mend();
      await eventually(() => witness.texts("asic/bench/state").at(-1)).toContain("over-temperature");
      await eventually(() => witness.texts("asic/bench/availability").at(-1)).toBe("online");
    },
    SLOW,
  );
});

describe("two clients with one client id", () => {
  const pauses = { firstMs: 20, maxMs: 2000 };
  const told = (hub: Hub) => texts(hub).filter((text) => text.startsWith("error: ") && text.includes("mqtt.clientId"));

  test.each(BROKERS)(
    "MQTT $protocol with $name, which just hangs up: told once each, as likely after three times, and then no faster than the longest pause",
    async ({ available, protocol, start }) => {
      if (!available) return;
      const { url } = await start(await freePort());
      const pair = [1, 2].map(() => publishTo(url, { protocol, clientId: "twice", backoff: pauses }));
      await eventually(() => pair.map(({ hub }) => told(hub).length)).toEqual([1, 1]);
      expect(told(pair[0]?.hub as Hub)[0]).toContain("3 times in a row");
      const connections = () => pair.reduce((sum, { publisher }) => sum + publisher.counters().connections, 0);
      const [before, since] = [connections(), performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 2000));
      // At least half of the longest pause between two connections of each, however long this host took over the two seconds.
      const pausesEach = (performance.now() - since) / (pauses.maxMs / 2);
      expect(connections() - before).toBeLessThanOrEqual(2 * (pausesEach + 1));
      for (const { hub } of pair) expect(told(hub)).toHaveLength(1);
    },
    SLOW,
  );

  test("a broker of MQTT 5 that says so is believed at once", async () => {
    let connections = 0;
    const url = await fakeBroker((socket) =>
      socket.once("data", () => {
        connections++;
        // CONNACK, then DISCONNECT with reason 0x8e. MQTT 5, 3.2 and 3.14
        socket.end(Uint8Array.of(0x20, 3, 0, 0, 0, 0xe0, 2, 0x8e, 0));
      }),
    );
    const { hub } = publishTo(url, { protocol: "5", clientId: "twice", backoff: { firstMs: 1, maxMs: 300 } });
    await eventually(() => connections).toBe(4);
    expect(texts(hub)).toEqual([
      expect.stringMatching(/^error: .*another client connected with the same client id.*twice.*mqtt\.clientId/),
    ]);
  });
});
