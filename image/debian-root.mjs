// The root of the image as a folder: Debian, the package, and what image/tree lays over them.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const TREE = path.join(path.dirname(fileURLToPath(import.meta.url)), "tree");
const SUITE = "bookworm";
const PACKAGES = [
  ...["systemd", "systemd-sysv", "systemd-timesyncd", "systemd-resolved", "init", "udev", "dbus", "kmod", "iproute2", "ca-certificates"],
  ...["linux-image-amd64", "initramfs-tools", "zstd", "e2fsprogs", "dosfstools", "grub-common", "rauc", "rauc-service", "openssh-server"],
];
/** The same number in every image: the state partition's files belong to it whichever system is started. */
const DAEMON_ID = "880";
/** Drivers and translations of no use without screen, sound and wireless; what is not in there is neither loaded nor read through. */
const UNUSED_DRIVERS = [
  ...["drivers/gpu", "drivers/media", "drivers/infiniband", "drivers/isdn", "drivers/bluetooth", "drivers/staging", "drivers/comedi"],
  ...["drivers/net/wireless", "drivers/nfc", "sound", "net/wireless", "net/mac80211", "net/bluetooth"],
];
const UNUSED = ["usr/share/locale", "usr/share/man", "var/cache/apt"];
/** What serves people at a console, where nobody can enter, or what waits for the sake of waiting. */
const MASKED_UNITS = ["getty.target", "systemd-networkd-wait-online.service", "e2scrub_reap.service", "systemd-rfkill.socket"];
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };

const run = (command, ...words) => execFileSync(command, words, { stdio: ["ignore", "ignore", "pipe"], env: ENV });

/** Debian alone, in a folder that is not there yet. */
export function makeBase(folder) {
  run("mmdebstrap", "--mode=root", "--variant=minbase", `--include=${PACKAGES.join(",")}`, SUITE, folder, "http://deb.debian.org/debian");
}

/** Runs work while the root's kernel interfaces are mounted. */
function mounted(root, work) {
  const proc = path.join(root, "proc");
  run("mount", "-t", "proc", "proc", proc);
  try {
    work();
  } finally {
    run("umount", proc);
  }
}

/**
 * The whole root in `root`, from a copy of `base`.
 * @param {{base: string, root: string, deb: string, certificate: string, build: string}} parts `build`: what tells this system from others
 */
export function makeRoot({ base, root, deb, certificate, build }) {
  run("cp", "-a", base, root);
  const at = (file) => path.join(root, file);
  const inRoot = (...words) => run("chroot", root, ...words);
  mounted(root, () => {
    inRoot("groupadd", "--system", "--gid", DAEMON_ID, "asic-reservoir");
    inRoot(
      ...["useradd", "--system", "--uid", DAEMON_ID, "--gid", DAEMON_ID, "--no-create-home", "--home-dir", "/var/lib/asic-reservoir"],
      ...["--shell", "/usr/sbin/nologin", "--comment", "ASIC reservoir", "asic-reservoir"],
    );
    cpSync(deb, at("tmp/asic-reservoir.deb"));
    inRoot("dpkg", "--install", "/tmp/asic-reservoir.deb");
    rmSync(at("tmp/asic-reservoir.deb"));
    run("cp", "-a", "--no-preserve=ownership", `${TREE}/.`, root);
    run("chown", "-R", "0:0", at("usr/lib/asic-reservoir-image"), at("etc/rauc"));
    cpSync(certificate, at("etc/rauc/keyring.pem"));
    writeFileSync(at("usr/lib/asic-reservoir-image/build"), `${build}\n`);
    inRoot("systemctl", "enable", "systemd-networkd.service", "asic-reservoir-slot.service");
    // Nothing here is mended or renewed in place: a new system comes as a whole.
    inRoot("systemctl", "disable", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer");
    inRoot("systemctl", "mask", ...MASKED_UNITS);
    removeUnused(root, inRoot);
    inRoot("update-initramfs", "-u", "-k", "all");
  });
  for (const folder of ["state", "efi"]) mkdirSync(at(folder), { recursive: true });
  forgetMachine(root);
  return root;
}

function removeUnused(root, inRoot) {
  for (const folder of UNUSED) rmSync(path.join(root, folder), { recursive: true, force: true });
  for (const kernel of readdirSync(path.join(root, "usr/lib/modules"))) {
    for (const folder of UNUSED_DRIVERS)
      rmSync(path.join(root, "usr/lib/modules", kernel, "kernel", folder), { recursive: true, force: true });
    inRoot("depmod", kernel);
  }
}

/** What would be the same on every machine made from the image, and must not. */
function forgetMachine(root) {
  const at = (file) => path.join(root, file);
  writeFileSync(at("etc/machine-id"), "");
  writeFileSync(at("etc/hostname"), "asic-reservoir\n");
  for (const name of readdirSync(at("etc/ssh")).filter((file) => file.startsWith("ssh_host_"))) rmSync(at(`etc/ssh/${name}`));
  for (const file of ["etc/resolv.conf", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed"]) rmSync(at(file), { force: true });
  symlinkSync("../run/systemd/resolve/stub-resolv.conf", at("etc/resolv.conf"));
  if (!existsSync(at("vmlinuz"))) throw new Error("The root has no kernel.");
}

/**
 * The root as one read-only file. GRUB reads it too, and knows of its compressions gzip, xz and lzo: the last is the quickest to read.
 * `changes`: mksquashfs's pseudo files, which replace what is there.
 */
export function squash(root, file, changes = []) {
  rmSync(file, { force: true });
  const replaced = changes.map((line) => line.split(" ", 1)[0]);
  run(
    ...["mksquashfs", root, file, "-comp", "lzo", "-Xalgorithm", "lzo1x_1_15", "-noappend", "-no-progress"],
    ...changes.flatMap((line) => ["-p", line]),
    ...(replaced.length > 0 ? ["-e", ...replaced] : []),
  );
}
