// The service under the systemd of a started image.
import { setTimeout as sleep } from "node:timers/promises";

const UNIT = "asic-reservoir.service";
const EXPOSURE_LIMIT = 2.0;
/** Of this host's time. */
const DRIVEN_MS = 3_600_000;

/** @param {import("./emulated-machine.mjs").Machine} machine */
export async function checkService(machine, check, { token, imageBytes }) {
  const shows = (key, unit = UNIT) => machine.said(`systemctl show --value -p ${key} ${unit}`).trim();
  const active = `systemctl show --value -p ActiveState ${UNIT}`;
  const ask = async (path, headers = {}) =>
    fetch(`http://127.0.0.1:${machine.api}${path}`, { headers, signal: AbortSignal.timeout(300_000) });

  await check("the root is read-only, and the state has grown into the rest of the disk", () => {
    machine.said('test "$(findmnt -no FSTYPE /)" = squashfs; ! touch /usr/share/note 2> /dev/null');
    const bytes = Number(machine.said("df --output=size -B1 /state | tail -n 1"));
    if (!(bytes > imageBytes - 1664 * 2 ** 20 + 2 ** 28)) return `/state has ${bytes} bytes`;
  });
  await check("no unit has failed", () => {
    const failed = machine.said("systemctl list-units --state=failed --plain --no-legend").trim();
    if (failed !== "") return failed;
  });
  await check("the service is ready after a passed evaluation", async () => {
    await machine.until(active, /^active$/m);
    console.log(`     ${shows("StatusText")}`);
  });
  await check("the started system is marked good", async () => {
    await machine.until("grub-editenv /efi/grub/grubenv list", /A_OK=1[\s\S]*A_TRY=0/);
    await machine.until("systemctl is-active asic-reservoir-slot", /^active$/m);
  });
  await check("the API answers whoever has the token in the credential store, and nobody else", async () => {
    const [well, refused, state] = [
      await ask("/healthz"),
      await ask("/api/v1/state"),
      await ask("/api/v1/state", { authorization: `Bearer ${token}` }),
    ];
    if (well.status !== 200 || refused.status !== 401 || state.status !== 200)
      return [well, refused, state].map((each) => each.status).join();
  });
  await check("the simulated board is driven: its nonces are found right", async () => {
    const endMs = performance.now() + DRIVEN_MS;
    for (let state = null; performance.now() < endMs; await sleep(5000)) {
      state = await (await ask("/api/v1/state", { authorization: `Bearer ${token}` })).json();
      if (state.totals.valid > 0) return console.log(`     ${JSON.stringify(state.totals)}, ${state.stateReason}`);
    }
    return shows("StatusText");
  });
  await check("the daemon may do what makes time-stamps exact: real-time priority, and processors kept awake", () => {
    const pid = shows("MainPID");
    machine.said(`ls -l /proc/${pid}/fd | grep -q 'l-wx.* /dev/cpu_dma_latency'; grep -q 'realtime priority *60 ' /proc/${pid}/limits`);
    machine.said(`cut -d ' ' -f 40,41 /proc/${pid}/task/*/stat | sort -u | grep -c -x -e '40 1' -e '60 1' | grep -qx 2`);
  });
  await check("is exposed by no more than 2.0", () => {
    const said = machine.said(`systemd-analyze security --no-pager ${UNIT} | tail -n 1`);
    console.log(`     ${said.trim()}`);
    if (!(Number(/: ([\d.]+)/.exec(said)?.[1]) <= EXPOSURE_LIMIT)) return said;
  });
  await check("the watchdog is fed", async () => {
    const first = shows("WatchdogTimestampMonotonic");
    await machine.until(`systemctl show --value -p WatchdogTimestampMonotonic ${UNIT}`, new RegExp(`^(?!${first}$)[1-9]\\d*$`, "m"));
  });
  const endedBy = async (signal, result, { guarded }) => {
    const [pid, restarts] = [shows("MainPID"), Number(shows("NRestarts"))];
    machine.said(`kill -${signal} ${pid}`);
    await machine.until(`${active}; systemctl show --value -p NRestarts ${UNIT}`, new RegExp(`^active\\n${restarts + 1}$`, "m"));
    const journal = machine.said(`journalctl -o cat -u ${UNIT} --no-pager`);
    const end = journal.slice(journal.lastIndexOf(result));
    console.log(
      `${end
        .split("\n")
        .slice(0, 12)
        .map((line) => `     ${line}`)
        .join("\n")}`,
    );
    if (!journal.includes(result)) return journal.slice(-2000);
    if (guarded && !end.includes("[guard] board off")) return `The guard did not switch off:\n${end}`;
    if (!end.slice(0, end.indexOf("Started")).includes("The board is off")) return `No \`off\` between the end and the next start:\n${end}`;
  };
  await check("killed: the board is switched off, then the next daemon starts", () =>
    endedBy("KILL", "code=killed, status=9/KILL", { guarded: true }),
  );
  await check("stopped in its tracks: the watchdog ends it, the board is switched off", () =>
    endedBy("STOP", "Watchdog timeout", { guarded: true }),
  );
  await check("rules of udev name a USB-UART by its socket, and make it quick", () => {
    machine.said("test -c /dev/asic-reservoir/uart-* && test \"$(stat -Lc '%G %a' /dev/ttyUSB0)\" = 'dialout 660'");
    machine.said('test "$(cat /sys/bus/usb-serial/devices/ttyUSB0/latency_timer)" = 1');
  });
  await check("rules of udev name an I2C adapter by where it sits, for the daemon's group", () => {
    machine.said(
      "modprobe i2c-dev; udevadm settle; test -c /dev/asic-reservoir/i2c-* && test \"$(stat -c '%G %a' /dev/i2c-0)\" = 'i2c 660'",
    );
  });
  await check("timers run backup and retention when their day comes", async () => {
    machine.said("for i in $(seq 20); do touch /var/backups/asic-reservoir/record-20250101T0000$((i + 9))Z.db; done");
    machine.said("date -s '+25 hours'");
    const both =
      "systemctl show --value -p LastTriggerUSec asic-reservoir-backup.timer asic-reservoir-retention.timer; ls /var/backups/asic-reservoir";
    await machine.until(both, /record-202[6-9]/);
  });
  await check("the daemon outlives the clock's jump", () => {
    if (shows("ActiveState") !== "active") return shows("StatusText");
  });
}
