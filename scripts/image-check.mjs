// Makes the image, starts it in an emulated machine with EFI, and says what of it held: the service under its systemd, and the three ways
// an update can end. Needs root, Debian's archive, qemu-system-x86, ovmf and an ssh client; takes an hour or so without KVM:
//   node scripts/image-check.mjs [--deb FILE] [--base FOLDER] [--out FOLDER] [--patience S] [--no-image [--only service|slots]]        (npm run -s test:image)
// --no-image: with what an earlier run has made in FOLDER, the disk as that run left it
// --patience: how long a new system may take in there to prove itself (300 s, as on a real machine), by the machine's own clock
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { makeBundle } from "../image/bundle.mjs";
import { squash } from "../image/debian-root.mjs";
import { Machine } from "../image/emulated-machine.mjs";
import { checkService } from "../image/service-check.mjs";
import { checkSlots } from "../image/slot-check.mjs";
import { makeImage } from "./image.mjs";
import { fail, ROOT, step } from "./prepare.mjs";

const text = { type: "string" };
const { values } = parseArgs({
  options: {
    deb: text,
    base: text,
    out: text,
    only: text,
    patience: { ...text, default: "300" },
    image: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const patienceS = Number(values.patience);
if (!Number.isSafeInteger(patienceS) || patienceS < 1) fail("--patience is a whole number of seconds, 1 or more.");
for (const file of ["/usr/bin/qemu-system-x86_64", "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/bin/ssh"])
  if (!existsSync(file)) fail(`Missing ${file}: apt-get install --no-install-recommends qemu-system-x86 ovmf openssh-client`);

const out = path.resolve(values.out ?? path.join(ROOT, "build/image-check"));
const at = (name) => path.join(out, name);
const IMAGE_MIB = 2560;
const TOKEN = "7d2c1f0e9b8a6d5c4f3e2d1c";

/** What an emulated processor pays for dearly, and nobody needs in one: guards against its speculation, and trials of ciphers. */
const KERNEL_WORDS = "mitigations=off cryptomgr.notests";

/** What an owner would lay over /etc: a key, the network, a board; here a simulated one. */
function layEtc(folder) {
  rmSync(folder, { recursive: true, force: true });
  const put = (file, lines, mode = 0o644) => {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), `${lines.join("\n")}\n`, { mode });
  };
  rmSync(at("owner"), { force: true });
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at("owner")]);
  mkdirSync(path.join(folder, "ssh/authorized_keys.d"), { recursive: true });
  cpSync(at("owner.pub"), path.join(folder, "ssh/authorized_keys.d/root"));
  put("asic-reservoir/rig.yaml", [
    "version: 1",
    "origin: twin",
    "board: { kind: bitaxe-ultra, control: /run/twin/control, data: /run/twin/data, workScale: 20 }",
    "store: { path: /var/lib/asic-reservoir/telemetry.db }",
    "api: { host: 0.0.0.0 }",
    "mqtt: { port: 0 }",
  ]);
  put("credstore/api-view-token", [TOKEN], 0o600);
  put("systemd/system/asic-reservoir.service.d/network.conf", ["[Service]", "IPAddressAllow=10.0.2.0/24"]);
  put("systemd/system/asic-reservoir-slot.service.d/patience.conf", ["[Service]", `Environment=PATIENCE_S=${patienceS}`]);
  put("systemd/system/twin.service", [
    "[Service]",
    "User=asic-reservoir",
    "RuntimeDirectory=twin",
    "ExecStart=/usr/bin/asic-reservoir twin --link /run/twin",
    "Restart=on-failure",
    "[Install]",
    "WantedBy=multi-user.target",
  ]);
  mkdirSync(path.join(folder, "systemd/system/multi-user.target.wants"), { recursive: true });
  execFileSync("ln", ["-s", "../twin.service", path.join(folder, "systemd/system/multi-user.target.wants/twin.service")]);
}

/** Bundles of other systems: a next one that works, one whose program does not, one whose kernel is none. */
function otherSystems(root, signer) {
  const program = "usr/bin/asic-reservoir f 755 0 0 echo 'exit 1'";
  const build = (name) => `usr/lib/asic-reservoir-image/build f 644 0 0 echo ${name}`;
  const changes = { next: [build("next")], mute: [build("mute"), program], dead: [build("dead"), "vmlinuz f 644 0 0 echo 'no kernel'"] };
  for (const [version, lines] of Object.entries(changes)) {
    const system = at(`${version}.squashfs`);
    squash(root, system, lines);
    makeBundle({ file: at(`${version}.raucb`), system, version, ...signer });
    rmSync(system);
  }
}

let failures = 0;
async function check(what, work) {
  let why = null;
  const [startedMs, usedS] = [performance.now(), machine.processorS()];
  try {
    why = (await work()) ?? null;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  if (why !== null) failures++;
  const took = `${((performance.now() - startedMs) / 1000).toFixed(0)} s, of processor ${(machine.processorS() - usedS).toFixed(0)} s`;
  console.log(`${why === null ? "ok  " : "FAIL"} ${what} (${took})${why === null ? "" : `\n${why}`}`);
}

mkdirSync(out, { recursive: true });
if (values.image) {
  layEtc(at("etc"));
  const { root, signer } = makeImage({ ...values, out, etc: at("etc"), mib: IMAGE_MIB, kernelWords: KERNEL_WORDS });
  step("Other systems", () => otherSystems(root, signer));
  rmSync(root, { recursive: true, force: true });
}
const disk = at("asic-reservoir.img");
const imageBytes = IMAGE_MIB * 2 ** 20;
// As on a medium larger than the image.
truncateSync(disk, imageBytes + 2 ** 29);
const machine = new Machine({ disk, key: at("owner"), log: at("console.log"), shop: out });
try {
  await check("starts from its own boot loader, and lets its owner in", async () => {
    await machine.start();
    await machine.until("cat /proc/cmdline", /rauc\.slot=[AB] /);
  });
  if (values.only !== "slots") await checkService(machine, check, { token: TOKEN, imageBytes });
  if (values.only !== "service") await checkSlots(machine, check, at);
} finally {
  await machine.end();
}
process.exitCode = failures === 0 ? 0 : 1;
