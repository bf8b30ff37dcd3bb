import { describe, expect, it } from "vitest";
import { toHex } from "../common/bytes.ts";
import type { S9HashBoardOptions } from "./board/s9-hashboard.ts";
import { type FaultSpec, FaultTable } from "./faults.ts";
import { headerJob, zeroBits } from "./s9-header-jobs.ts";
import { jobFrame, read, S9VirtualHost, write } from "./s9-virtual-host.ts";

function hostWith(faults: FaultSpec[], options: Partial<S9HashBoardOptions> = {}): S9VirtualHost {
  return new S9VirtualHost({ faults: new FaultTable(faults), ...options });
}

function broughtUp(faults: FaultSpec[], options: Partial<S9HashBoardOptions> = {}): S9VirtualHost {
  const host = hostWith(faults, options);
  host.bringUp();
  return host;
}

/** Address bytes that answer a ChipAddress read. */
function addresses(host: S9VirtualHost): number[] {
  host.send(read(0));
  return host.run(60).map(({ bytes }) => bytes[3] as number);
}

interface Answer {
  readonly seed: number;
  readonly nonceBe: number;
  readonly midstate: number;
  readonly chip: number;
  readonly core: number;
}

function mine(host: S9VirtualHost, works: number): Answer[] {
  const answers: Answer[] = [];
  for (let seed = 0; seed < works; seed++) {
    const id = (seed * 4) & 0x7f;
    host.send(jobFrame(headerJob(seed, 4, id)));
    for (const { bytes } of host.run(2.9)) {
      const nonceBe = new DataView(bytes.buffer).getUint32(0);
      const job = bytes[5] as number;
      if ((job & ~3) === id) answers.push({ seed, nonceBe, midstate: job & 3, chip: (bytes[0] as number) >> 2, core: nonceBe & 0x7f });
    }
  }
  return answers;
}

/** Read of the bottom sensor's register through chip 61, whole answer. */
function sensorByte(host: S9VirtualHost, register: number): number {
  host.send(write(0x1c, 0x4020_41e0, 0xf4), write(0x20, 0x0198_0000 | (register << 8), 0xf4));
  host.run(5);
  host.send(read(0x20, 0xf4));
  return host.run(5)[0]?.bytes[3] as number;
}

describe("chips", () => {
  it.each(["chip-dead", "chain-cut"] as const)("%s: nothing from there on is heard", (name) => {
    const host = broughtUp([{ name, value: 14 }]);
    expect(addresses(host)).toEqual(Array.from({ length: 14 }, (_, i) => i * 4));
    const chips = mine(host, 120).map(({ chip }) => chip);
    expect(chips.length).toBeGreaterThan(40);
    // The last one runs a little into the range of the first dead one.
    expect(Math.max(...chips)).toBeLessThanOrEqual(14);
  });

  it("chip-dead at index 0: no answer at all", () => {
    expect(addresses(broughtUp([{ name: "chip-dead", value: 0 }]))).toEqual([]);
  });

  it("chips-missing: so many fewer at the far end", () => {
    expect(addresses(broughtUp([{ name: "chips-missing", value: 2 }]))).toHaveLength(61);
  });

  it("chip-wrong-id: another chip is claimed", () => {
    const host = broughtUp([{ name: "chip-wrong-id", value: 0x1397 }], { chips: 1 });
    host.send(read(0));
    expect(toHex(host.run(5)[0]?.bytes.subarray(0, 4) as Uint8Array)).toBe("13979000");
  });

  it("address-collision: two chips answer to one address, none to the other, and both find the same nonces", () => {
    const host = broughtUp([{ name: "address-collision", value: 5 }]);
    const seen = addresses(host);
    expect(seen.filter((address) => address === 16)).toHaveLength(2);
    expect(seen).not.toContain(20);
    host.send(read(0, 16), read(0, 20));
    expect(host.run(10)).toHaveLength(2);
    const answers = mine(host, 500);
    const of = (chip: number) =>
      answers.filter((answer) => answer.chip === chip).map(({ seed, nonceBe, midstate }) => `${seed} ${nonceBe} ${midstate}`);
    expect(of(4).length).toBeGreaterThan(10);
    // A copy that comes after the next work started is not counted.
    expect(new Set(of(4)).size).toBeLessThanOrEqual(of(4).length / 2 + 1);
    expect(of(5)).toEqual([]);
  });

  it("bad-cores: so many cores of that chip find nothing, the others go on", () => {
    const host = broughtUp([{ name: "bad-cores", value: 57, chip: 3 }], { chips: 8 });
    const answers = mine(host, 4000);
    const cores = (chip: number) => new Set(answers.filter((answer) => answer.chip === chip).map(({ core }) => core)).size;
    expect(cores(3)).toBeLessThanOrEqual(57);
    expect(cores(3)).toBeGreaterThan(40);
    expect(cores(2)).toBeGreaterThan(65);
    const rate = (chip: number) => answers.filter((answer) => answer.chip === chip).length;
    expect(rate(3) / rate(2)).toBeLessThan(0.7);
  });

  it("baud-mismatch: that chip is deaf after a change of the rate, those behind it are not", () => {
    const host = broughtUp([{ name: "baud-mismatch", value: 7 }]);
    const seen = addresses(host);
    expect(seen).toHaveLength(62);
    expect(seen).not.toContain(28);
    expect(seen).toContain(32);
    host.setReset(false);
    host.setReset(true);
    host.setBaud(115_740);
    host.run(10);
    host.send(read(0));
    expect(host.run(60)).toHaveLength(63);
  });

  it("a board with a weak tail has chips in lower bins, and bad cores to go with some of them", () => {
    const host = new S9VirtualHost({ tailShare: 0.5, seed: 4 });
    host.picWrite(0x55, 0xaa, 0x01, 0x0f, 0xa0);
    const bytes: number[] = [];
    for (let row = 0; row < 8; row++) {
      host.picCommand(0x03);
      bytes.push(...host.picRead(16));
    }
    expect(bytes[1]).toBe(0x7d);
    const bins = Array.from({ length: 63 }, (_, chip) => bytes[3 + 2 * chip] as number);
    expect(bins.filter((bin) => bin >= 75).length).toBeGreaterThan(15);
    expect(bins.filter((bin) => bin < 72).length).toBeGreaterThan(10);
    expect(host.board.chain.chips.some(({ silicon }) => silicon.badCores.includes(1))).toBe(true);
  });
});

describe("the supply", () => {
  it("heartbeat missing: after ten seconds the chips are off, and come back without their state", () => {
    const host = broughtUp([]);
    host.send(write(0x18, 0x3f));
    expect(addresses(host)).toHaveLength(63);
    host.heartbeat = false;
    host.beat();
    host.run(9900, 100);
    expect(addresses(host)).toHaveLength(63);
    host.run(300, 100);
    expect(addresses(host)).toEqual([]);
    expect(host.board.state.stringV).toBeLessThan(1);
    host.heartbeat = true;
    host.picCommand(0x15, 1);
    host.run(3000);
    host.setBaud(115_740);
    expect(addresses(host)).toEqual(new Array(63).fill(0));
    host.send(read(0x18));
    expect(host.run(60).map(({ bytes }) => toHex(bytes.subarray(0, 4)))).toEqual(new Array(63).fill("00000000"));
  });

  it("reset: rate, addresses, PLL and cores are lost, the ticket mask survives", () => {
    const host = broughtUp([], { chips: 2 });
    host.send(write(0x18, 0x0000_00fc));
    host.run(5);
    host.setReset(false);
    expect(addresses(host)).toEqual([]);
    host.setReset(true);
    host.setBaud(115_740);
    expect(addresses(host)).toEqual([0, 0]);
    expect(host.board.openCores(0)).toBe(0);
    const values = [0x18, 0x0c].map((register) => {
      host.send(read(register));
      return host.run(60).map(({ bytes }) => toHex(bytes.subarray(0, 4)));
    });
    expect(values).toEqual([
      ["000000fc", "000000fc"],
      ["80400222", "80400222"],
    ]);
  });

  it("too little voltage for the frequency: answers that do not hash, then none", () => {
    const host = broughtUp([], { workScale: 22 });
    const invalid = () => {
      const answers = mine(host, 250);
      return {
        share:
          answers.filter(({ seed, midstate, nonceBe }) => zeroBits(headerJob(seed, 4), midstate, nonceBe) < 10).length / answers.length,
        answers,
      };
    };
    host.picCommand(0x10, 109);
    host.run(2000);
    expect(invalid().share).toBe(0);
    host.picCommand(0x10, 194);
    host.run(2000);
    const marginal = invalid();
    expect(marginal.answers.length).toBeGreaterThan(100);
    expect(marginal.share).toBeGreaterThan(0.001);
    host.setMhz(700);
    host.picCommand(0x10, 255);
    host.run(2000);
    expect(invalid().answers).toEqual([]);
  });

  it("voltage-readback: the controller says another code than it was given", () => {
    const host = hostWith([{ name: "voltage-readback", value: 20 }]);
    host.powerUp(6);
    host.picCommand(0x18);
    expect(host.picRead(1)).toEqual([26]);
    expect(host.board.state.stringV).toBeCloseTo(9.4026, 3);
  });

  it("pic-in-loader: the version stays CC and nothing is switched on", () => {
    const host = hostWith([{ name: "pic-in-loader" }]);
    host.powerUp();
    host.picCommand(0x17);
    expect(host.picRead(1)).toEqual([0xcc]);
    expect(host.board.state.stringV).toBe(0);
  });

  it("pic-silent and i2c-nak: the bridge reports that nothing acknowledges", () => {
    for (const fault of [{ name: "pic-silent" }, { name: "i2c-nak", value: 0x55 }] as const) {
      expect([...(hostWith([fault]).picWrite(0x55)[0] as Uint8Array)]).toEqual([4, 0, expect.any(Number), 0x10]);
    }
    expect([...(hostWith([{ name: "i2c-nak", value: 0x56 }]).picWrite(0x55)[0] as Uint8Array)].at(-1)).toBe(1);
  });

  it("another address than the board's does not acknowledge", () => {
    const host = new S9VirtualHost({ boardAddress: 0x57 });
    expect([...host.control(0x05, 0x20, 0x55, 0x55)].at(-1)).toBe(0x10);
    expect([...host.control(0x05, 0x20, 0x57, 0x55)].at(-1)).toBe(1);
  });
});

describe("sensors and cooling", () => {
  it("sensor-open: status bit 2, and the remote reading is none", () => {
    expect(sensorByte(broughtUp([]), 0x02)).toBe(0);
    const host = broughtUp([{ name: "sensor-open" }]);
    expect(sensorByte(host, 0x02)).toBe(4);
    expect(sensorByte(host, 0x01)).toBe(0xff);
    expect(sensorByte(host, 0x00)).toBeGreaterThan(20);
  });

  it("without the I2C pins, or at another address, a read gives FF", () => {
    const host = broughtUp([]);
    host.send(write(0x20, 0x0198_0000, 0xf4));
    host.run(5);
    host.send(read(0x20, 0xf4));
    expect(host.run(5)[0]?.bytes[3]).toBe(0xff);
    host.send(write(0x1c, 0x4020_41e0, 0xf4), write(0x20, 0x019a_0000, 0xf4));
    host.run(5);
    host.send(read(0x20, 0xf4));
    expect(toHex(host.run(5)[0]?.bytes.subarray(0, 4) as Uint8Array)).toBe("019a00ff");
  });

  it("the register is busy while the transfer lasts", () => {
    const host = broughtUp([]);
    host.send(write(0x1c, 0x4020_41e0, 0xf4), write(0x20, 0x0198_fe00, 0xf4));
    host.run(1);
    host.send(read(0x20, 0xf4));
    const values = host.run(5).map(({ bytes }) => toHex(bytes.subarray(0, 4)));
    expect(values.at(-1)).toBe("0198fe55");
    host.send(write(0x20, 0x0198_fe00, 0xf4), read(0x20, 0xf4));
    expect(toHex(host.run(5)[0]?.bytes.subarray(0, 4) as Uint8Array)).toBe("80000000");
  });

  /** What sensor and tachometer say after so many works, each of which keeps all chips busy until the next. */
  function warm(faults: FaultSpec[], works: number): { localC: number; rpm: number } {
    const host = broughtUp(faults, { workScale: 30 });
    for (let i = 0; i < works; i++) {
      host.send(jobFrame(headerJob(i, 4)));
      host.run(200);
    }
    const answer = host.control(0x09, 0x20);
    return { localC: sensorByte(host, 0), rpm: (answer[3] as number) | ((answer[4] as number) << 8) };
  }

  it("over-temperature: the sensor shows it", () => {
    const hotter = warm([{ name: "over-temperature", value: 40 }], 500).localC - warm([], 500).localC;
    expect(hotter).toBeGreaterThan(25);
    expect(hotter).toBeLessThan(60);
  });

  it("fan-stall: sensor and tachometer show it", () => {
    const normal = warm([], 600);
    const stalled = warm([{ name: "fan-stall" }], 600);
    // Both are still warming up: 1400 J/K under some 400 W for two minutes.
    expect(stalled.localC).toBeGreaterThan(normal.localC + 3);
    expect(stalled.rpm).toBe(0);
    expect(normal.rpm).toBeGreaterThan(6000);
  });
});

describe("the data line", () => {
  const poll = (host: S9VirtualHost) => {
    let text = "";
    for (let i = 0; i < 20; i++) {
      host.send(read(0));
      for (const { bytes } of host.run(60)) text += toHex(bytes);
    }
    return text.length / 2;
  };
  const sent = 20 * 63 * 7;

  it("drop-byte and insert-byte: bytes are missing or added at the rate given", () => {
    const dropped = sent - poll(broughtUp([{ name: "drop-byte", value: 0.05 }]));
    expect(Math.abs(dropped - sent * 0.05)).toBeLessThan(4 * Math.sqrt(sent * 0.05));
    const added = poll(broughtUp([{ name: "insert-byte", value: 0.05 }])) - sent;
    expect(Math.abs(added - sent * 0.05)).toBeLessThan(4 * Math.sqrt(sent * 0.05));
  });

  it("a host at another rate than the chips is not understood, either way", () => {
    const host = broughtUp([]);
    host.setBaud(115_740);
    const garbled = host.board.chain.bytesGarbled;
    expect(addresses(host)).toEqual([]);
    expect(host.board.chain.bytesGarbled - garbled).toBe(5);
    host.setBaud(1_500_000);
    expect(addresses(host)).toHaveLength(63);
  });
});
