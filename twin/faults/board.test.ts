import { describe, expect, it } from "vitest";
import { read as readS9, S9VirtualHost, write as writeS9 } from "../s9-virtual-host.ts";
import { VirtualHost } from "../virtual-host.ts";
import { TWIN_BOARDS, type TwinBoard } from "./fault.ts";
import type { FaultName } from "./names.ts";
import { FaultTable } from "./table.ts";

const TIMEOUT = 0x10;

/** A powered board of either kind in the terms that both share. */
interface AnyBoard {
  readonly faults: FaultTable;
  nowMs(): number;
  wait(ms: number): void;
  request(page: number, command: number, ...rest: number[]): Uint8Array;
  /** A write to a device that is there: 1 when acknowledged. */
  acknowledged(): number;
  coreV(): number;
  setV: number;
  sensorC(): number;
  tachometerRpm(): number;
  fanRpm(): number;
  idAnswers(): number;
}

function boardOf(kind: TwinBoard, variant: "205" | "207" = "205"): AnyBoard {
  return kind === "s9" ? s9Board() : ultraBoard(variant);
}

const word = (bytes: Uint8Array) => (bytes.at(-2) as number) | ((bytes.at(-1) as number) << 8);

function ultraBoard(variant: "205" | "207"): AnyBoard {
  const faults = new FaultTable([], "bitaxe-ultra");
  const host = new VirtualHost({ faults, variant });
  host.bringUp(485, 1.2);
  host.run(3000);
  const request = host.control.bind(host);
  return {
    faults,
    nowMs: () => host.bitaxe.nowNs / 1e6,
    wait: (ms) => host.run(ms, 100),
    request,
    acknowledged: () => request(0x05, 0x40, 0x4c, 0xfe, 1).at(-1) as number,
    coreV: () => host.bitaxe.physics.coreV,
    setV: host.bitaxe.physics.coreV,
    sensorC: () => request(0x05, 0x40, 0x4c, variant === "205" ? 0x00 : 0x01, 1).at(-1) as number,
    tachometerRpm: () => word(request(0x09, 0x20)),
    fanRpm: () => host.bitaxe.physics.fanRpm,
    idAnswers: () => {
      host.send(Uint8Array.of(0x55, 0xaa, 0x52, 5, 0, 0, 0x0a));
      return host.run(3).length;
    },
  };
}

function s9Board(): AnyBoard {
  const faults = new FaultTable([], "s9");
  const host = new S9VirtualHost({ faults, chips: 4 });
  host.bringUp();
  host.run(2000);
  // Chip 2 of 4 has the bottom sensor.
  const address = 8;
  return {
    faults,
    nowMs: () => host.board.nowNs / 1e6,
    wait: (ms) => host.run(ms, 100),
    request: host.control.bind(host),
    acknowledged: () => host.control(0x05, 0x20, 0x55, 0x00).at(-1) as number,
    coreV: () => host.board.state.stringV,
    setV: host.board.state.stringV,
    sensorC: () => {
      host.send(writeS9(0x1c, 0x4020_41e0, address), writeS9(0x20, 0x0198_0100, address));
      host.run(5);
      host.send(readS9(0x20, address));
      return host.run(5).at(-1)?.bytes[3] as number;
    },
    tachometerRpm: () => word(host.control(0x09, 0x20)),
    fanRpm: () => host.board.state.fanRpm,
    idAnswers: () => {
      host.send(readS9(0));
      return host.run(5).length;
    },
  };
}

function strike(board: AnyBoard, name: FaultName, value?: number): void {
  board.faults.set({ name, atMs: board.nowMs(), ...(value === undefined ? {} : { value }) });
  board.wait(20);
}

function lift(board: AnyBoard, name: FaultName): void {
  board.faults.clear(name);
  board.wait(20);
}

describe.each(TWIN_BOARDS)("bus and bridge of %s", (kind) => {
  const sound = boardOf(kind).acknowledged();

  it("i2c-nak and i2c-stuck: error 10, and all is well when they end", () => {
    const board = boardOf(kind);
    strike(board, "i2c-nak", kind === "s9" ? 0x55 : 0x4c);
    expect(board.acknowledged()).toBe(TIMEOUT);
    lift(board, "i2c-nak");
    expect(board.acknowledged()).toBe(sound);
    strike(board, "i2c-stuck", 100);
    expect(board.request(0x05, 0x30, 0x11, 1)).toHaveLength(0);
    board.wait(100);
    strike(board, "i2c-stuck", 1);
    expect(board.acknowledged()).toBe(TIMEOUT);
    expect(board.request(0x06, 0).at(-1)).toBe(1);
    lift(board, "i2c-stuck");
    expect(board.acknowledged()).toBe(sound);
  });

  it("i2c-nak-some: so many transfers fail, and a second try works", () => {
    const board = boardOf(kind);
    strike(board, "i2c-nak-some", 0.3);
    const failed = Array.from({ length: 500 }, () => board.acknowledged()).filter((answer) => answer === TIMEOUT).length;
    expect(failed).toBeGreaterThan(150 - 41);
    expect(failed).toBeLessThan(150 + 41);
    lift(board, "i2c-nak-some");
    expect(Array.from({ length: 50 }, () => board.acknowledged())).toEqual(new Array(50).fill(sound));
  });

  it("i2c-corrupt: so many bytes that are read have one bit wrong", () => {
    const board = boardOf(kind);
    // What an empty PIC has to say is FF; the EMC2101's manufacturer is 5D.
    const readByte = () => (kind === "s9" ? board.request(0x05, 0x30, 0x55, 1) : board.request(0x05, 0x40, 0x4c, 0xfe, 1)).at(-1) as number;
    const right = readByte();
    strike(board, "i2c-corrupt", 0.2);
    const wrong = Array.from({ length: 500 }, () => readByte() ^ right).filter((bits) => bits !== 0);
    expect(wrong.length).toBeGreaterThan(100 - 36);
    expect(wrong.length).toBeLessThan(100 + 36);
    for (const bits of wrong) expect(Math.log2(bits) % 1).toBe(0);
    lift(board, "i2c-corrupt");
    expect(readByte()).toBe(right);
  });

  it("bridge-error: that code to every I2C request, and to no other", () => {
    const board = boardOf(kind);
    strike(board, "bridge-error", 0x12);
    expect(board.acknowledged()).toBe(0x12);
    expect(board.request(0x06, 0).at(-1)).toBe(1);
    lift(board, "bridge-error");
    expect(board.acknowledged()).toBe(sound);
  });

  it("bridge-slow: the answer comes so much later", () => {
    const board = boardOf(kind);
    strike(board, "bridge-slow", 40);
    expect(board.request(0x06, 0)).toHaveLength(0);
    // Heartbeats wait before it.
    board.wait(300);
    lift(board, "bridge-slow");
    expect(board.request(0x06, 0).at(-1)).toBe(1);
  });

  it("bridge-reset: mute for so long, then RST is low and the chips have forgotten all, the voltage stays", () => {
    const board = boardOf(kind);
    expect(board.idAnswers()).toBe(kind === "s9" ? 4 : 1);
    strike(board, "bridge-reset", 200);
    expect(board.request(0x06, 0)).toHaveLength(0);
    expect(board.idAnswers()).toBe(0);
    board.wait(200);
    expect(board.request(0x06, 0).at(-1)).toBe(0);
    expect(board.coreV()).toBeCloseTo(board.setV, 2);
    board.request(0x06, 0, 1);
    expect(board.request(0x06, 0).at(-1)).toBe(1);
  });
});

describe.each(TWIN_BOARDS)("supply of %s", (kind) => {
  it.each([
    ["regulator-overshoot", 4, 1.04],
    ["regulator-undershoot", 10, 0.9],
    ["regulator-dead", undefined, 0],
    ["input-sag", 4, kind === "s9" ? (8 * 0.95) / 9.4026 : 0],
  ] as const)("%s: the output is that share of what is set, and right again afterwards", (name, value, share) => {
    const board = boardOf(kind);
    strike(board, name, value);
    board.wait(3000);
    expect(board.coreV() / board.setV).toBeCloseTo(share, 2);
    lift(board, name);
    board.wait(3000);
    expect(board.coreV()).toBeCloseTo(board.setV, 2);
  });

  it("regulator-drift: the output creeps by so much a minute, and stops at a fifth", () => {
    const board = boardOf(kind);
    strike(board, "regulator-drift", -12);
    const afterMs = (ms: number) => {
      board.wait(ms);
      return board.coreV() / board.setV;
    };
    expect(afterMs(4980)).toBeCloseTo(0.99, 3);
    expect(afterMs(5000)).toBeCloseTo(0.98, 3);
    lift(board, "regulator-drift");
    strike(board, "regulator-drift", 100);
    expect(afterMs(30_000)).toBeCloseTo(1.2, 2);
  });
});

describe.each(TWIN_BOARDS)("cooling and sensors of %s", (kind) => {
  it("fan-stall and fan-slow: tachometer and fan show it", () => {
    const board = boardOf(kind);
    board.wait(8000);
    const full = board.tachometerRpm();
    expect(full).toBeGreaterThan(5500);
    strike(board, "fan-slow", 0.4);
    board.wait(15_000);
    expect(board.tachometerRpm() / full).toBeCloseTo(0.4, 1);
    strike(board, "fan-stall");
    board.wait(30_000);
    expect(board.tachometerRpm()).toBe(0);
    lift(board, "fan-stall");
    lift(board, "fan-slow");
    board.wait(20_000);
    expect(board.tachometerRpm() / full).toBeCloseTo(1, 1);
  });

  it("tachometer-dead: it reads 0 while the fan turns", () => {
    const board = boardOf(kind);
    board.wait(8000);
    strike(board, "tachometer-dead");
    expect(board.tachometerRpm()).toBe(0);
    expect(board.fanRpm()).toBeGreaterThan(5500);
    lift(board, "tachometer-dead");
    expect(board.tachometerRpm()).toBeGreaterThan(5500);
  });

  const variants = kind === "s9" ? (["205"] as const) : (["205", "207"] as const);
  it.each(variants)("sensor-implausible, sensor-short, sensor-stuck (%s)", (variant) => {
    const board = boardOf(kind, variant);
    const before = board.sensorC();
    expect(before).toBeGreaterThan(20);
    expect(before).toBeLessThan(70);
    strike(board, "sensor-implausible", 111);
    expect(board.sensorC()).toBe(111);
    lift(board, "sensor-implausible");
    strike(board, "sensor-short");
    expect(board.sensorC()).toBe(kind === "bitaxe-ultra" && variant === "207" ? 126 : 0);
    lift(board, "sensor-short");
    strike(board, "sensor-stuck");
    const kept = board.sensorC();
    board.faults.set({ name: "over-temperature", value: 50 });
    board.wait(240_000);
    expect(board.sensorC()).toBe(kept);
    lift(board, "sensor-stuck");
    expect(board.sensorC()).toBeGreaterThan(kept + 10);
  });

  it("hot-chip: its sensor reads so much more", () => {
    const board = boardOf(kind, "207");
    const before = board.sensorC();
    board.faults.set({ name: "hot-chip", value: 30, chip: kind === "s9" ? 2 : 0 });
    board.wait(20);
    expect(Math.abs(board.sensorC() - before - 30)).toBeLessThanOrEqual(1);
    board.faults.set({ name: "hot-chip", value: 30, chip: 3 });
    board.wait(20);
    expect(Math.abs(board.sensorC() - before)).toBeLessThanOrEqual(1);
  });
});

describe("the Ultra's own", () => {
  it("input-sag: the input sensor shows it", () => {
    const board = boardOf("bitaxe-ultra");
    const inputV = () => {
      const bytes = board.request(0x05, 0x40, 0x40, 2, 2);
      return (((bytes.at(-2) as number) << 8) | (bytes.at(-1) as number)) * 0.00125;
    };
    const before = inputV();
    strike(board, "input-sag", 0.5);
    expect(before - inputV()).toBeCloseTo(0.5, 1);
    lift(board, "input-sag");
    expect(inputV()).toBeCloseTo(before, 1);
  });

  it("adc-offset: the converter reads so much more than there is", () => {
    const board = boardOf("bitaxe-ultra");
    const readV = () => (word(board.request(0x07, 0x50)) * 3.1) / 4096;
    // To the ripple.
    expect(Math.abs(readV() - board.coreV())).toBeLessThan(0.02);
    strike(board, "adc-offset", 150);
    expect(Math.abs(readV() - board.coreV() - 0.15)).toBeLessThan(0.02);
    lift(board, "adc-offset");
    expect(Math.abs(readV() - board.coreV())).toBeLessThan(0.02);
  });
});

describe("the S9's voltage controller", () => {
  const hostOf = () => {
    const faults = new FaultTable([], "s9");
    const host = new S9VirtualHost({ faults, chips: 1 });
    host.powerUp();
    return { faults, host };
  };
  const ask = (host: S9VirtualHost, command: number) => {
    host.picCommand(command);
    return host.picRead(1)[0];
  };

  it("started by itself keeps its output on without a heartbeat", () => {
    const host = new S9VirtualHost({ chips: 1, powered: true });
    host.heartbeat = false;
    host.run(30_000, 1000);
    expect(host.board.state.stringV).toBeCloseTo(9.4026, 3);
    expect(host.board.resetPinHigh).toBe(true);
  });

  it("pic-wrong-version: it says another one", () => {
    const { faults, host } = hostOf();
    expect(ask(host, 0x17)).toBe(0x03);
    faults.set({ name: "pic-wrong-version", value: 0x5e });
    host.run(20);
    expect(ask(host, 0x17)).toBe(0x5e);
    faults.clear("pic-wrong-version");
    host.run(20);
    expect(ask(host, 0x17)).toBe(0x03);
  });

  it("pic-watchdog: heartbeats do not help, the supply is off ten seconds later", () => {
    const { faults, host } = hostOf();
    host.run(12_000, 100);
    expect(host.board.state.stringV).toBeGreaterThan(9);
    faults.set({ name: "pic-watchdog" });
    host.run(8900, 100);
    expect(host.board.state.stringV).toBeGreaterThan(9);
    host.run(1500, 100);
    expect(host.board.state.stringV).toBeLessThan(1);
    faults.clear("pic-watchdog");
    host.picCommand(0x15, 1);
    host.run(12_000, 100);
    expect(host.board.state.stringV).toBeGreaterThan(9);
  });

  it("pic-reset: mute for half a second, then in its loader with the output off; once", () => {
    const { faults, host } = hostOf();
    faults.set({ name: "pic-reset", atMs: host.board.nowNs / 1e6 });
    host.run(20);
    expect(host.control(0x05, 0x20, 0x55, 0x55).at(-1)).toBe(TIMEOUT);
    host.run(600);
    expect(ask(host, 0x17)).toBe(0xcc);
    expect(host.board.state.stringV).toBeLessThan(1);
    host.powerUp();
    expect(host.board.state.stringV).toBeGreaterThan(9);
  });

  it("pic-in-loader, pic-silent and voltage-readback end when they end", () => {
    const { faults, host } = hostOf();
    faults.set({ name: "pic-silent" });
    expect(host.control(0x05, 0x20, 0x55, 0x00).at(-1)).toBe(TIMEOUT);
    faults.clear("pic-silent");
    expect(host.control(0x05, 0x20, 0x55, 0x00).at(-1)).toBe(1);
    faults.set({ name: "voltage-readback", value: -3 });
    host.run(20);
    expect(ask(host, 0x18)).toBe(3);
    faults.clear("voltage-readback");
    host.run(20);
    expect(ask(host, 0x18)).toBe(6);
    faults.set({ name: "pic-in-loader" });
    host.picCommand(0x07);
    host.run(600);
    host.powerUp();
    expect(ask(host, 0x17)).toBe(0xcc);
    faults.clear("pic-in-loader");
    host.run(20);
    host.powerUp();
    expect(ask(host, 0x17)).toBe(0x03);
  });
});
