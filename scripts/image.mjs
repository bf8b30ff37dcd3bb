// Makes a bootable disk image and a signed bundle for machines that have one already. Needs root, and Debian's archive:
//   node scripts/image.mjs [--deb FILE] [--etc FOLDER] [--mib 4096] [--key KEY.pem --certificate CERT.pem] [--base FOLDER] [--out FOLDER]
// FOLDER (build/image) then holds asic-reservoir.img, asic-reservoir.raucb and, unless a key was named, one made on the spot.
// --etc: a folder laid over /etc at the first start: asic-reservoir/rig.yaml, ssh/authorized_keys.d/root
// --base: a root that mmdebstrap made with this recipe's packages; without it one is made and kept there as build/image/base
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { developmentKey, makeBundle } from "../image/bundle.mjs";
import { makeBase, makeRoot, squash } from "../image/debian-root.mjs";
import { makeDisk } from "../image/disk.mjs";
import { fail, ROOT, step } from "./prepare.mjs";

/** Commands the recipe needs, and the Debian package that brings each. */
const TOOLS = {
  mmdebstrap: "mmdebstrap",
  mksquashfs: "squashfs-tools",
  sfdisk: "fdisk",
  mke2fs: "e2fsprogs",
  "mkfs.vfat": "dosfstools",
  mcopy: "mtools",
  "grub-mkimage": "grub-common",
  "grub-editenv": "grub-common",
  rauc: "rauc",
  openssl: "openssl",
};
const GRUB_FOR_EFI = "/usr/lib/grub/x86_64-efi";

function checkHost() {
  if (process.getuid?.() !== 0) fail("Only root can make another root.");
  if (process.arch !== "x64") fail("The recipe is for amd64 with EFI alone, and is made on amd64.");
  const folders = `${process.env.PATH}:/usr/sbin:/sbin`.split(":");
  const missing = Object.entries(TOOLS).filter(([command]) => !folders.some((folder) => existsSync(path.join(folder, command))));
  const packages = new Set(missing.map(([, name]) => name));
  if (!existsSync(GRUB_FOR_EFI)) packages.add("grub-efi-amd64-bin");
  if (packages.size > 0) fail(`Missing: apt-get install --no-install-recommends ${[...packages].join(" ")}`);
}

/** The package that is named, or the one there is, or one made now. */
function packageOf(named) {
  if (named !== undefined) return path.resolve(named);
  const folder = path.join(ROOT, "build/package");
  const found = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith("_amd64.deb")) : []);
  if (found().length === 0) execFileSync(process.execPath, [path.join(ROOT, "scripts/package-deb.mjs")], { stdio: "inherit" });
  return path.join(folder, found().sort().at(-1));
}

/** Makes everything in `out`; gives the names of what the check goes on with. */
export function makeImage({ out, deb, etc, mib, base, key, certificate, kernelWords }) {
  checkHost();
  mkdirSync(out, { recursive: true });
  const at = (name) => path.join(out, name);
  const signer = key === undefined ? developmentKey(out) : { key, certificate };
  const debian = base ?? at("base");
  if (!existsSync(debian)) step("Debian", () => makeBase(debian));
  const version = new Date().toISOString().replace(/[-:]|\..*/g, "");
  const root = at("root");
  rmSync(root, { recursive: true, force: true });
  step("Root with the package", () =>
    makeRoot({ base: debian, root, deb: packageOf(deb), certificate: signer.certificate, build: version }),
  );
  step("System", () => squash(root, at("system.squashfs")));
  step("Disk", () => makeDisk({ disk: at("asic-reservoir.img"), mib, system: at("system.squashfs"), etc, shop: out, kernelWords }));
  step("Bundle", () => makeBundle({ file: at("asic-reservoir.raucb"), system: at("system.squashfs"), version, ...signer }));
  for (const name of ["boot.vfat", "state.ext4", "grubenv", "BOOTX64.EFI", "state"]) rmSync(at(name), { recursive: true, force: true });
  return { root, disk: at("asic-reservoir.img"), bundle: at("asic-reservoir.raucb"), version, signer };
}

function main() {
  const text = { type: "string" };
  const { values } = parseArgs({
    options: { deb: text, etc: text, mib: { ...text, default: "4096" }, key: text, certificate: text, base: text, out: text },
  });
  if ((values.key === undefined) !== (values.certificate === undefined))
    fail("A key and its certificate belong together: --key and --certificate.");
  const mib = Number(values.mib);
  if (!Number.isSafeInteger(mib) || mib < 2048) fail("--mib is a whole number of MiB, 2048 or more.");
  const out = path.resolve(values.out ?? path.join(ROOT, "build/image"));
  const { disk, bundle, root } = makeImage({ ...values, out, mib });
  rmSync(root, { recursive: true, force: true });
  rmSync(path.join(out, "system.squashfs"));
  console.log(`${disk}\n${bundle}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
