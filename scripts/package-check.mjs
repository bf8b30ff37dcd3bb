// Installs, runs, upgrades, removes and purges the package in a Debian root, and says what of it held. Needs root:
//   node scripts/package-check.mjs build/package/asic-reservoir_*.deb [--root FOLDER]
// The folder is a root that debootstrap made (`debootstrap --variant=minbase --include=systemd,udev bookworm FOLDER`); without it one is made.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { fail } from "./prepare.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { root: { type: "string" } } });
const [deb] = positionals;
if (deb === undefined || !existsSync(deb)) fail("Name the package: scripts/package-deb.mjs makes it.");
if (process.getuid?.() !== 0) fail("Only root can install into another root.");
const made = values.root === undefined ? mkdtempSync(path.join(tmpdir(), "debian-")) : null;
const root = path.resolve(values.root ?? made);
// A temporary folder is its maker's alone, and this one is the root of others, too.
if (made !== null) chmodSync(made, 0o755);
if (made !== null) execFileSync("debootstrap", ["--variant=minbase", "--include=systemd,udev", "bookworm", made], { stdio: "inherit" });

let failures = 0;

/** A shell's lines in the root: good when they end with 0 and print what is expected. */
function step(what, script, expected = /^/) {
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  const { status, stdout, stderr } = spawnSync("chroot", [root, "sh", "-ec", script], { encoding: "utf8", env, timeout: 300_000 });
  const good = status === 0 && expected.test(stdout);
  if (!good) failures++;
  console.log(`${good ? "ok  " : "FAIL"} ${what}${good ? "" : `\n${stdout}${stderr}`}`);
}

const UNITS = "asic-reservoir.service asic-reservoir-backup.timer asic-reservoir-retention.timer";
const AS_DAEMON = "setpriv --reuid=asic-reservoir --regid=asic-reservoir --init-groups";
/** A twin and a daemon on its ports, by their own user; the daemon is asked for its health and stopped. */
const DRIVE = `
cd /var/lib/asic-reservoir
cat > rig.yaml <<'END'
version: 1
origin: twin
board: { kind: bitaxe-ultra, control: ports/control, data: ports/data, workScale: 20 }
store: { path: telemetry.db }
api: { port: 18366 }
mqtt: { port: 0 }
END
${AS_DAEMON} asic-reservoir twin --link ports > twin.log 2>&1 & twin=$!
daemon=
trap '[ $? = 0 ] || cat twin.log daemon.log; kill $twin $daemon 2> /dev/null || true' EXIT
for i in $(seq 100); do [ -e ports/data ] && break; sleep 0.2; done
${AS_DAEMON} asic-reservoir run --config rig.yaml > daemon.log 2>&1 & daemon=$!
for i in $(seq 300); do grep -q "Mining at the set-point" daemon.log && break; sleep 0.3; done
/usr/lib/asic-reservoir/bin/node -e 'fetch("http://127.0.0.1:18366/healthz").then(async (r) => console.log(r.status, await r.text()))'
/usr/lib/asic-reservoir/bin/node -e 'fetch("http://127.0.0.1:18366/").then(async (r) => console.log("dashboard", r.status, (await r.text()).includes("<script")))'
kill -TERM $daemon
wait $daemon && echo "daemon ended well"
${AS_DAEMON} asic-reservoir off --config rig.yaml && echo "off"
rm -f /var/backups/asic-reservoir/record-20260101T000000Z.db
${AS_DAEMON} asic-reservoir runs backup /var/backups/asic-reservoir/record-20260101T000000Z.db --config rig.yaml
`;

const mounts = ["proc", "dev", "dev/pts"].map((name) => path.join(root, name));
try {
  execFileSync("mount", ["-t", "proc", "proc", mounts[0]]);
  execFileSync("mount", ["--bind", "/dev", mounts[1]]);
  execFileSync("mount", ["--bind", "/dev/pts", mounts[2]]);
  mkdirSync(path.join(root, "tmp"), { recursive: true });
  copyFileSync(deb, path.join(root, "tmp/asic-reservoir.deb"));
  // No service manager runs in there: nothing may be started by accident.
  writeFileSync(path.join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });

  step("installs", "apt-get install -y --no-install-recommends --allow-downgrades /tmp/asic-reservoir.deb");
  step("the program runs, with its own node", "asic-reservoir --version; dpkg -V asic-reservoir", /^\d+\.\d+\.\d+|^asic-reservoir \d/);
  step("the daemon's user has its groups", "id -Gn asic-reservoir", /dialout.*i2c|i2c.*dialout/);
  step(
    "its folders are its own",
    "stat -c '%U %a' /var/lib/asic-reservoir /var/backups/asic-reservoir",
    /^asic-reservoir 750\nasic-reservoir 750\n$/,
  );
  step("units are enabled", `systemctl is-enabled ${UNITS}`, /^enabled\nenabled\nenabled\n$/);
  step("units are understood where they are", `systemd-analyze verify --man=no ${UNITS} 2>&1`, /^$/);
  step("no board is configured: the service's condition is not met", "! test -e /etc/asic-reservoir/rig.yaml");
  step(
    "a simulated board is driven, healthy, switched off and backed up",
    DRIVE,
    /^200 [\s\S]*dashboard 200 true[\s\S]*daemon ended well[\s\S]*off/,
  );
  step(
    "is upgraded in place",
    "echo kept > /etc/asic-reservoir/note; dpkg -i /tmp/asic-reservoir.deb; cat /etc/asic-reservoir/note; test -e /var/lib/asic-reservoir/telemetry.db",
    /kept\n$/,
  );
  step(
    "is removed, what it measured stays",
    "dpkg -r asic-reservoir; ! test -e /usr/bin/asic-reservoir; ! test -e /usr/lib/asic-reservoir; test -e /var/lib/asic-reservoir/telemetry.db",
  );
  step(
    "is purged, backups stay",
    `dpkg -P asic-reservoir; ! test -e /etc/asic-reservoir; ! test -e /var/lib/asic-reservoir; test -e /var/backups/asic-reservoir/record-20260101T000000Z.db; ! systemctl is-enabled ${UNITS} | grep enabled`,
  );
} finally {
  for (const mount of mounts.reverse()) spawnSync("umount", [mount]);
  rmSync(path.join(root, "tmp/asic-reservoir.deb"), { force: true });
  if (made !== null) rmSync(made, { recursive: true, force: true, maxRetries: 3 });
}
process.exitCode = failures === 0 ? 0 : 1;
