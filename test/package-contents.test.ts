import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neededToRun, productionModules } from "../scripts/package-modules.mjs";
import { sbom } from "../scripts/package-sbom.mjs";

const modules = productionModules(".");
const program = { name: "asic-reservoir", version: "0.1.0", license: "Apache-2.0" };

describe("the modules of a package", () => {
  it("are those that the program needs, and no tool of its making", () => {
    const names = new Set(modules.map(({ name }) => name));
    for (const name of ["better-sqlite3", "serialport", "zod", "ws", "aedes", "commander"]) expect(names, name).toContain(name);
    for (const name of ["vitest", "typescript", "@biomejs/biome", "vite", "playwright-core", "fast-check"])
      expect(names).not.toContain(name);
  });

  it("come without sources, tests and other platforms' binaries, and with their licences", () => {
    expect(neededToRun("better-sqlite3", "build/Release/better_sqlite3.node")).toBe(true);
    expect(neededToRun("better-sqlite3", "build/Release")).toBe(true);
    expect(neededToRun("better-sqlite3", "build/Release/obj/sqlite3.o")).toBe(false);
    expect(neededToRun("better-sqlite3", "deps")).toBe(false);
    expect(neededToRun("@serialport/bindings-cpp", "prebuilds/linux-x64/node.napi.glibc.node", "x64")).toBe(true);
    expect(neededToRun("@serialport/bindings-cpp", "prebuilds/win32-x64/node.napi.node", "x64")).toBe(false);
    expect(neededToRun("@serialport/bindings-cpp", "prebuilds/linux-x64/node.napi.musl.node", "x64")).toBe(false);
    expect(neededToRun("ws", "LICENSE.md")).toBe(true);
    expect(neededToRun("ws", "test/fixtures/key.pem")).toBe(false);
    expect(neededToRun("ws", "index.js")).toBe(true);
    expect(neededToRun("esptool-js", "lib/targets/esp32s3.js")).toBe(true);
    expect(neededToRun("esptool-js", "lib/targets/stub_flasher/esp32s3.json")).toBe(false);
  });
});

describe("the bill of materials", () => {
  it("names every module once, by version, origin and the hash of its archive", () => {
    const bill = sbom(program, modules, "20.19.0", 0);
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5", metadata: { timestamp: "1970-01-01T00:00:00.000Z" } });
    const refs = bill.components.map((each: { "bom-ref": string }) => each["bom-ref"]);
    expect(new Set(refs).size).toBe(modules.length + 1);
    expect(bill.dependencies[0]?.dependsOn).toEqual(refs);
    for (const each of bill.components.slice(1)) {
      expect(each.purl).toMatch(/^pkg:npm\/(%40[^/@]+\/)?[^@]+@\d/);
      expect(each.hashes?.[0]?.content).toMatch(/^[0-9a-f]{128}$/);
    }
  });

  it("is the same for the same modules and another for others, its serial number a UUID", () => {
    const module = fc.record({
      folder: fc.string({ minLength: 1 }),
      name: fc.string({ minLength: 1 }),
      version: fc.string({ minLength: 1 }),
      license: fc.constantFrom("MIT", null),
      integrity: fc.constant(null),
    });
    fc.assert(
      fc.property(fc.array(module), fc.array(module), (one, other) => {
        const [a, b] = [sbom(program, one, null, 7), sbom(program, other, null, 7)];
        expect(a.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(sbom(program, one, null, 7)).toEqual(a);
        expect(a.serialNumber === b.serialNumber).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});
