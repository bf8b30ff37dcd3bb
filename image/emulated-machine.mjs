// An emulated PC with EFI that starts a disk image: its commands over ssh, its dashboard on a port of this host.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, createReadStream, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd";
/** Of this host's time, without KVM and busy: longer than anything that comes at all takes. */
const START_MS = 3_600_000;

/** proc(5): the unit of a process's times. */
const TICKS_PER_S = 100;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

export class Machine {
  #qemu = null;
  #options;
  #ssh = 0;
  /** Whether it stays off when it goes off; otherwise that is half of starting again. */
  #leavingOff = false;
  /** Where this host reaches the machine's port 8366. */
  api = 0;

  /** @param {{disk: string, key: string, log: string, shop: string}} options `key`: for ssh; `log`: receives the serial console */
  constructor(options) {
    this.#options = options;
  }

  async start() {
    copyFileSync(VARIABLES, this.#variables());
    writeFileSync(this.#options.log, "");
    this.#ssh = await freePort();
    this.api = await freePort();
    this.#powerOn();
  }

  #variables() {
    return path.join(this.#options.shop, "efi-variables.fd");
  }

  #powerOn() {
    const { disk, log } = this.#options;
    const forward = `hostfwd=tcp:127.0.0.1:${this.#ssh}-:22,hostfwd=tcp:127.0.0.1:${this.api}-:8366`;
    const words = [
      ...["-nodefaults", "-machine", "q35,accel=tcg", "-cpu", "Nehalem", "-smp", "1", "-m", "1536", "-vga", "none", "-display", "none"],
      // A clock that counts instructions, each one nanosecond: however slow this host is, in there nothing comes too late. At four
      // nanoseconds the processor would be too slow for a simulated board beside the daemon that drives it.
      ...["-icount", "shift=0"],
      ...["-drive", `if=pflash,format=raw,readonly=on,file=${CODE}`, "-drive", `if=pflash,format=raw,file=${this.#variables()}`],
      ...["-drive", `if=virtio,format=raw,file=${disk},cache=unsafe`],
      // Closed: nothing in there reaches anything out here.
      ...["-netdev", `user,id=net,restrict=on,${forward}`, "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"],
      // A USB-UART by FTDI, for the rules of udev.
      ...["-device", "qemu-xhci", "-chardev", "null,id=uart", "-device", "usb-serial,chardev=uart"],
      ...["-chardev", `file,id=console,path=${log},append=on`, "-serial", "chardev:console"],
      // After a warm start under a counted clock this emulator takes one instruction at a time: a start is a cold one.
      "-no-reboot",
    ];
    this.#qemu = spawn("qemu-system-x86_64", words, { stdio: ["ignore", "inherit", "inherit"] });
    this.#qemu.once("exit", (code) => {
      if (code === 0 && !this.#leavingOff) this.#powerOn();
    });
  }

  /** What a shell's lines print; an error when they end otherwise than by 0. */
  said(script, { timeoutMs = 300_000, input } = {}) {
    const { status, stdout, stderr } = spawnSync("ssh", [...this.#words(), script], { encoding: "utf8", input, timeout: timeoutMs });
    if (status !== 0) throw new Error(`${script}: exit ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  #words() {
    const options = [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "LogLevel=ERROR",
      "ConnectTimeout=60",
      "IdentitiesOnly=yes",
      // One entry for all commands between two starts: emulated, each costs more than most commands do.
      "ControlMaster=auto",
      `ControlPath=${path.join(this.#options.shop, "ssh-%p")}`,
      "ControlPersist=yes",
      "ServerAliveInterval=60",
      "ServerAliveCountMax=20",
    ];
    return [...options.flatMap((option) => ["-o", option]), "-i", this.#options.key, "-p", String(this.#ssh), "root@127.0.0.1"];
  }

  /** Brings a file of this host into the machine. */
  async bring(file, to) {
    const ssh = spawn("ssh", [...this.#words(), `cat > ${to}`], { stdio: ["pipe", "inherit", "inherit"] });
    createReadStream(file).pipe(ssh.stdin);
    const [code] = await once(ssh, "exit");
    if (code !== 0) throw new Error(`${file} was not taken: ssh ended with ${code}`);
  }

  /** Asks until the lines end with 0 and print what is expected; the last answer is in the error. */
  async until(script, expected = /^/, timeoutMs = START_MS) {
    const end = Date.now() + timeoutMs;
    let last = "";
    while (Date.now() < end) {
      const asked = Date.now();
      if (this.#qemu?.exitCode !== null) throw new Error("The emulated machine has ended.");
      try {
        last = this.said(script);
        if (expected.test(last)) return last;
      } catch (error) {
        last = error.message;
      }
      // On a busy host an answer takes seconds of a processor that has better to do than to be asked.
      await sleep(Math.max(3000, 4 * (Date.now() - asked)));
    }
    throw new Error(`${script}: not ${expected} after ${timeoutMs / 1000} s:\n${last}\n${this.console().slice(-2000)}`);
  }

  /** Starts it again, and waits for the system that comes up then. */
  async restart(expected) {
    const before = this.said("cat /proc/sys/kernel/random/boot_id").trim();
    this.said("systemctl reboot --no-block");
    // The machine may start more than once before it stays up.
    await this.until(`test "$(cat /proc/sys/kernel/random/boot_id)" != ${before} && cat /proc/cmdline`, expected, 2 * START_MS);
  }

  /** What its emulation has used of this host's processors until now, in s. */
  processorS() {
    if (this.#qemu === null || this.#qemu.exitCode !== null) return 0;
    const fields = readFileSync(`/proc/${this.#qemu.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  }

  console() {
    return readFileSync(this.#options.log, "latin1");
  }

  async end() {
    this.#leavingOff = true;
    if (this.#qemu === null || this.#qemu.exitCode !== null) return;
    this.#qemu.kill("SIGTERM");
    await once(this.#qemu, "exit");
  }

  /** Whether it switches itself off in that time when it is told to. */
  async off(timeoutMs) {
    this.#leavingOff = true;
    this.said("systemctl poweroff --no-block");
    for (let waited = 0; waited < timeoutMs && this.#qemu?.exitCode === null; waited += 500) await sleep(500);
    return this.#qemu?.exitCode === 0;
  }
}
