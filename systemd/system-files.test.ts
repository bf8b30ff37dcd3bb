/** Users, folders and names of devices, as systemd's own programs understand them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FOLDER, settingsOf, textOf } from "./unit-file.test-support.ts";

const root = mkdtempSync(path.join(tmpdir(), "root-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const has = (command: string) => spawnSync(command, ["--version"]).status === 0;
const asRoot = process.getuid?.() === 0;

describe.skipIf(!asRoot || !has("systemd-sysusers") || !has("systemd-tmpfiles"))("on an empty system", () => {
  it("the daemon's user is made with the groups of its ports, and its folders with that user", () => {
    for (const folder of ["etc", "var/lib", "var/backups"]) mkdirSync(path.join(root, folder), { recursive: true });
    for (const [command, file] of [
      ["systemd-sysusers", "asic-reservoir.sysusers"],
      ["systemd-tmpfiles", "asic-reservoir.tmpfiles"],
    ] as const) {
      const args = [`--root=${root}`, ...(command === "systemd-tmpfiles" ? ["--create"] : []), path.join(FOLDER, file)];
      const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
      expect(stderr.split("\n").filter((line) => /invalid|unknown|failed/i.test(line))).toEqual([]);
      expect(status).toBe(0);
    }
    const passwd = readFileSync(path.join(root, "etc/passwd"), "utf8");
    const [, , uid] = /^asic-reservoir:.*$/m.exec(passwd)?.[0].split(":") ?? [];
    const group = readFileSync(path.join(root, "etc/group"), "utf8");
    for (const name of settingsOf("asic-reservoir.service").get("SupplementaryGroups")?.[0]?.split(" ") ?? [])
      expect(group, name).toMatch(new RegExp(`^${name}:[^:]*:\\d+:.*\\basic-reservoir\\b`, "m"));
    for (const folder of ["var/lib/asic-reservoir", "var/backups/asic-reservoir"]) {
      const { uid: owner, mode } = statSync(path.join(root, folder));
      expect(owner).toBe(Number(uid));
      expect(mode & 0o7777).toBe(0o750);
    }
    expect(statSync(path.join(root, "etc/asic-reservoir")).uid).toBe(0);
  });
});

describe("udev rules", () => {
  const rules = textOf("70-asic-reservoir.rules")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

  it("are keys with operators and quoted values, and each sets something", () => {
    const token = String.raw`[A-Z_]+(?:\{[\w.]+\})?(?:==|!=|\+=|:=|=)"[^"]*"`;
    for (const rule of rules) {
      expect(rule).toMatch(new RegExp(`^${token}(?:, ${token})*$`));
      expect(rule).toMatch(/[A-Z}]\+?="/);
    }
  });

  it("name the first interface of the bridge its control port and the second its data port", () => {
    const of = (number: string) => rules.filter((rule) => rule.includes(`ENV{ID_USB_INTERFACE_NUM}=="${number}"`));
    expect(of("00")).toHaveLength(1);
    expect(of("00")[0]).toContain("bitaxe-control");
    expect(of("02")[0]).toContain("bitaxe-data");
  });

  it("name no link twice without what tells two devices apart", () => {
    const links = rules.flatMap((rule) => /SYMLINK\+="([^"]*)"/.exec(rule)?.[1]?.split(" ") ?? []);
    expect(new Set(links).size).toBe(links.length);
    for (const link of links)
      expect(link).toMatch(/^asic-reservoir\/(bitaxe-(control|data)$|[a-z0-9-]+-\$env\{(ID_PATH_TAG|ID_SERIAL_SHORT)\}$)/);
  });

  it("take hold when the package is installed: devices of every subsystem that they give to a group are looked at again", () => {
    const looked = [...textOf("debian/postinst").matchAll(/--subsystem-match=(\S+)/g)].map(([, name]) => name);
    for (const rule of rules.filter((rule) => rule.includes("GROUP="))) expect(looked).toContain(/SUBSYSTEM=="([^"]*)"/.exec(rule)?.[1]);
  });

  it("are matched by what the service may open", () => {
    expect(settingsOf("asic-reservoir.service").get("DeviceAllow")).toContain("/dev/cpu_dma_latency w");
  });

  it("give ports to groups that the daemon belongs to", () => {
    const groups = settingsOf("asic-reservoir.service").get("SupplementaryGroups")?.[0]?.split(" ") ?? [];
    for (const rule of rules) for (const [, group] of rule.matchAll(/GROUP="([^"]*)"/g)) expect(groups).toContain(group);
  });
});
